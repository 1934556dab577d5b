#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the Python rivals ready in build/bench-venv, where lagoon_bench looks for them. Nothing happens when they are.
# The others are Debian packages: libboost-dev libgrpc++-dev libprotobuf-dev protobuf-compiler-grpc libcapnp-dev capnproto
# lammps openmpi-bin gromacs libopencv-dev libvips-dev libturbojpeg0-dev.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/build/bench-venv
"$venv/bin/python3" -c 'import numpy, scipy.stats, bottleneck, PIL, sklearn, statsmodels' 2>/dev/null && exit 0
mkdir -p "$root/build"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check numpy scipy bottleneck pillow scikit-learn statsmodels </dev/null
