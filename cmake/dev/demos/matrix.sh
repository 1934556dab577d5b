# SPDX-License-Identifier: Apache-2.0
# A real table as a matrix: how many directions it has, and how much each of them weighs; then four questions about
# each of several matrices, over a pool.

table=$(table randhie)
timeout 60 "$lagoon" matrix svd "$table" --values-only
timeout 60 "$lagoon" matrix condition "$table"
build release examples/example_10_matrices
build/release/examples/example_10_matrices
