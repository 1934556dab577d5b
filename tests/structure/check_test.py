#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does check.py find what it is there to find? Each case is a small tree with one fault, or none."""

import pathlib
import subprocess
import sys
import tempfile

CHECK = pathlib.Path(__file__).with_name("check.py")
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"

# rule, file, text, what the fault must mention (None: no fault)
CASES = [
    ("arrows", "engine/include/lagoon/core/a.hpp", "#include <lagoon/engine/b.hpp>", "core must not know engine"),
    ("arrows", "engine/src/core/a.cpp", "#include <lagoon/engine/b.hpp>", "core must not know engine"),
    ("arrows", "engine/src/a.cpp", "#include <lagoon/core/b.hpp>", None),
    ("arrows", "engine/src/a.cpp", "#include <lagoon/rpc/b.hpp>", "engine must not know rpc"),
    ("arrows", "kernels/src/a.cpp", "#  include <lagoon/rpc.hpp>", "kernels must not know rpc"),
    ("arrows", "rpc/src/a.cpp", "#include <lagoon/kernels/b.hpp>", "rpc must not know kernels"),
    ("arrows", "rpc/src/a.cpp", "#include <lagoon/monitor/b.hpp>", "rpc must not know monitor"),
    ("arrows", "rpc/monitor/src/a.cpp", "#include <lagoon/rpc/b.hpp>\n#include <lagoon/monitor/c.hpp>", None),
    ("arrows", "rpc/monitor/src/a.cpp", "#include <lagoon/kernels/b.hpp>", "monitor must not know kernels"),
    ("arrows", "kernels/services/src/a.cpp", "#include <lagoon/rpc.hpp>\n#include <lagoon/kernels.hpp>", None),
    ("arrows", "kernels/src/a.cpp", "#include <lagoon/services/a.hpp>", "kernels must not know services"),
    ("arrows", "rpc/src/a.cpp", "#include <lagoon/lagoon.hpp>", "umbrella"),
    ("arrows", "rpc/src/a.cpp", '#include "../../engine/src/b.hpp"', "out of its folder"),
    ("arrows", "cli/src/a.cpp", "#include <lagoon/services/a.hpp>", None),
    ("third_party", "rpc/include/lagoon/rpc/a.hpp", "#include <tbb/tbb.h>", "a public header names tbb/tbb.h"),
    ("third_party", "rpc/include/lagoon/rpc/a.hpp", "#include <sys/mman.h>", "a public header names sys/mman.h"),
    ("third_party", "rpc/include/lagoon/rpc/a.hpp", "#include <string_view>\n#include <lagoon/core/a.hpp>", None),
    ("third_party", "engine/include/lagoon/interop/a.hpp", "#include <Eigen/Core>", None),
    ("third_party", "kernels/src/a.cpp", "#include <nlohmann/json.hpp>", "third_party/README.md"),
    ("third_party", "kernels/src/a.cpp", "#include <hwy/highway.h>", None),
    ("third_party", "rpc/src/a.cpp", "#include <boost/pfr.hpp>", "no room"),
    ("licence", "cli/a.cpp", "int x;", None),
    ("size", "cli/a.cpp", "\n" * 1200, "lines"),
    ("size", "cli/a.cpp", "\n" * 900, None),
]


def run(root, rule):
    return subprocess.run([sys.executable, str(CHECK), str(root), rule], capture_output=True, text=True, check=False)


def main():
    wrong = []
    for rule, name, text, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True)
            path.write_text(SPDX + text)
            result = run(folder, rule)
        good = result.returncode == 0 if expected is None else result.returncode == 1 and expected in result.stdout
        if not good:
            wrong.append(f"{rule} {name} {text[:60]!r}: wanted {expected!r}, got {result.stdout}{result.stderr}")
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "a.cpp").write_text("int x;\n")
        if run(folder, "licence").returncode != 1:
            wrong.append("licence: a file without SPDX line passed")
    print("\n".join(wrong) or f"{len(CASES) + 1} cases")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
