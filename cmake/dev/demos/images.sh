# SPDX-License-Identifier: Apache-2.0
# Real photographs made small, sharp and a little lighter; then once more, which finds nothing to do; then by the
# service, in a program of one file.

from=$(photographs)
timeout 120 "$lagoon" images "$from" build/photographs --size 800x600 --sharpen 0.5 --brightness 1.1 \
  --format jpeg --quality 85 --report build/photographs.html
timeout 60 "$lagoon" images "$from" build/photographs --size 800x600 --sharpen 0.5 --brightness 1.1 \
  --format jpeg --quality 85 --resume
build release examples/example_13_photographs
build/release/examples/example_13_photographs
say "the photographs' report: build/photographs.html"
