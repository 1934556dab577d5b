#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to its own rules: check.py ROOT [RULE...]

One line per fault, and exit status 1 when there is any. Without RULE all of them:
  arrows       a room includes only itself and lower rooms
  third_party  public headers name only std and Lagoon; sources only what third_party/README.md grants them
  licence      each source file says so within its first three lines
  size         no file is over 1000 lines
"""

import pathlib
import re
import subprocess
import sys

# Each room with all it may see besides itself. core < engine < {rpc, kernels}; rpc < monitor; {rpc, kernels} < services; all < cli.
SEES = {
    "core": set(),
    "interop": {"core"},
    "engine": {"core"},
    "rpc": {"core", "engine"},
    "monitor": {"core", "engine", "rpc"},
    "kernels": {"core", "engine"},
    "services": {"core", "engine", "rpc", "kernels"},
    "cli": {"core", "engine", "rpc", "monitor", "kernels", "services"},
}

# The beginning of an include, and the rooms whose sources may name it; the longest beginning counts. Tests, benchmarks and examples may name all.
THIRD_PARTY = {
    "tbb/": {"engine", "rpc", "kernels", "services"},
    "oneapi/": {"engine", "rpc", "kernels", "services"},
    "hwloc": {"engine"},
    "cereal/": {"rpc", "kernels"},
    "xxhash": {"rpc", "kernels"},
    "seccomp.h": {"rpc"},
    "hwy/": {"kernels"},
    "csv.h": {"kernels"},
    "cblas.h": {"kernels"},
    "lapack.h": {"kernels"},
    "qd/": {"kernels"},
    "toml++/": {"kernels"},
    "jpeglib.h": {"kernels"},
    "jerror.h": {"kernels"},
    "png.h": {"kernels"},
    "tiffio.h": {"kernels"},
    "webp/": {"kernels"},
    "fast_float/": {"kernels"},
    "Random123/": {"kernels"},
    "fmt/": {"services", "cli"},
    "nlohmann/": {"monitor"},
    "httplib.h": {"monitor"},
    "CLI/": {"cli"},
    "Eigen/": {"interop", "kernels"},
    "unsupported/Eigen/": {"kernels"},
    "xtensor/": {"interop"},
    "xtl/": {"interop"},
    "opencv2/": set(),
    "vips/": set(),
    "turbojpeg.h": set(),
    "boost/": set(),
    "boost/math/": {"kernels"},
    "gtest/": set(),
    "benchmark/": set(),
}

CODE = {".cpp", ".hpp", ".h", ".inl", ".ipp"}
LICENSED = CODE | {".py", ".sh", ".cmake"}
TEXT = LICENSED | {".md", ".txt"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files(root, suffixes):
    """Files of ours below root: those git knows or would add, or all when root is no checkout."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(root)) for path in root.rglob("*")]
        listed = [name for name in listed if not name.startswith((".git/", "build/", "install/"))]
    paths = (root / name for name in sorted(set(listed)) if name)
    return [path for path in paths if path.suffix in suffixes and path.is_file()]


def room_of(path):
    """The room a source belongs to, or None outside the rooms."""
    parts = path.parts
    if parts[0] == "engine":
        for room in ("core", "interop"):
            if room in parts[1:-1]:
                return room
        return "engine"
    if parts[:2] == ("kernels", "services"):
        return "services"
    if parts[:2] == ("rpc", "monitor"):
        return "monitor"
    return parts[0] if parts[0] in SEES else None


def includes(path):
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def arrows(root):
    for path in files(root, CODE):
        where = path.relative_to(root)
        room = room_of(where)
        if room is None:
            continue
        for number, _, name in includes(path):
            target = re.match(r"lagoon/([a-z_]+)", name)
            if target and target.group(1) == "lagoon" and name == "lagoon/lagoon.hpp":
                yield f"{where}:{number}: {room} includes the umbrella of all rooms"
            elif target and target.group(1) in SEES and target.group(1) not in SEES[room] | {room}:
                yield f"{where}:{number}: {room} must not know {target.group(1)} ({name})"
            if ".." in pathlib.PurePosixPath(name).parts:
                yield f"{where}:{number}: a path out of its folder ({name})"
            if re.match(r"(tests|bench|examples)/", name):
                yield f"{where}:{number}: a room includes {name}"


def third_party(root):
    for path in files(root, CODE):
        where = path.relative_to(root)
        room = room_of(where)
        if room is None:
            continue
        public = "include" in where.parts and room != "interop"
        for number, bracket, name in includes(path):
            if name.startswith("lagoon/"):
                continue
            if public and (bracket == '"' or not re.fullmatch(r"[a-z_0-9]+", name)):
                yield f"{where}:{number}: a public header names {name}; only std and lagoon may appear there"
                continue
            longest = max((p for p in THIRD_PARTY if name.startswith(p)), key=len, default=None)
            rooms = THIRD_PARTY.get(longest, {room})
            if room not in rooms:
                yield f"{where}:{number}: {name} in {room}; third_party/README.md grants it to {sorted(rooms) or 'no room'}"


def licence(root):
    for path in files(root, LICENSED | {".txt"}):
        if path.suffix == ".txt" and path.name != "CMakeLists.txt":
            continue
        with path.open(errors="replace") as text:
            if not any("SPDX-License-Identifier: Apache-2.0" in line for _, line in zip(range(3), text)):
                yield f"{path.relative_to(root)}:1: no SPDX-License-Identifier line"


def size(root):
    for path in files(root, TEXT):
        lines = len(path.read_text(errors="replace").splitlines())
        if lines > 1000:
            yield f"{path.relative_to(root)}: {lines} lines"


RULES = {"arrows": arrows, "third_party": third_party, "licence": licence, "size": size}


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    faults = [f"{fault}  [{rule}]" for rule in sys.argv[2:] or RULES for fault in RULES[rule](root)]
    print("\n".join(faults) if faults else "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
