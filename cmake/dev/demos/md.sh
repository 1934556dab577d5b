# SPDX-License-Identifier: Apache-2.0
# Liquid argon: melts a crystal, cools it to 94.4 K, and writes a report with energies and structure.

timeout 120 "$lagoon" md examples/argon.toml --out build/argon --report build/argon.html
say "the run's report: build/argon.html"
