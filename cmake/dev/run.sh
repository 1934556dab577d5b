# SPDX-License-Identifier: Apache-2.0
# A demo is cmake/dev/demos/<name>.sh, sourced with $lagoon the command; a new one is a file and a word here.

demos=(analyze matrix md images analytics pool)

dev_run() {
  local demo lagoon=build/release/cli/lagoon
  need build
  build release cli/all
  for demo in "${@:-${demos[@]}}"; do
    [ -e "cmake/dev/demos/$demo.sh" ] || die "no demo $demo; there are: ${demos[*]}"
    say "$demo"
    # shellcheck source=/dev/null
    source "cmake/dev/demos/$demo.sh"
  done
}
