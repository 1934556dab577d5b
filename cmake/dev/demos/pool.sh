# SPDX-License-Identifier: Apache-2.0
# A pool under load, watched: a line for each interval, and the page that a monitor writes at the end.

build release examples/example_04_pool examples/example_08_monitor
build/release/examples/example_04_pool
build/release/examples/example_08_monitor build/pool.html
say "the pool's report: build/pool.html"
