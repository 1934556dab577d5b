# SPDX-License-Identifier: Apache-2.0
# Real tables for demos and benchmarks, out of Debian packages that are unpacked and not installed.

# dataset PACKAGE PATH: puts the file PATH (below / of the package) into build/data and prints where it is.
dataset() {
  local package=$1 path=$2 target work
  target=build/data/$(basename "$path")
  if [ ! -e "$target" ]; then
    work=build/data/.$package
    rm -rf "$work"
    mkdir -p "$work"
    (
      cd "$work"
      download() { apt-get -qq -o APT::Sandbox::User=root download "$package" </dev/null; }
      download 2>/dev/null || { as_root apt-get update -qq </dev/null && download; }
      dpkg-deb -x ./*.deb .
    ) >&2 || die "cannot get $(basename "$path") from package $package"
    cp "$work/$path" "$target.part" && mv "$target.part" "$target"
    rm -rf "$work"
  fi
  echo "$target"
}

# The RAND health insurance experiment: 20,190 rows, 10 columns.
randhie() { dataset python3-statsmodels usr/lib/python3/dist-packages/statsmodels/datasets/randhie/randhie.csv; }
