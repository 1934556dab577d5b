# SPDX-License-Identifier: Apache-2.0
"""--isolation process and --untrusted from outside: the same answers, what a lost worker costs, and what is left behind."""

import contextlib
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import threading
import time
import zlib

from command import DATA, LAGOON, CommandTest
from images_test import ImagesTest, bomb, png

FAILED, USAGE, INPUT, INTERRUPTED = 1, 2, 3, 130


def workers_of(process):
    """Numbers of its children, with the seconds that each has worked."""
    workers = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(after_name[1]) == process.pid and after_name[0] != "Z":
            workers[int(stat.parent.name)] = (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    return workers


def wait_until(test, what, most=60):
    """What is true in the end, asked for again and again: nothing tells when a process is at work."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.01)
    test.fail("waited in vain")


def busy(process, seconds=0.2):
    """The worker that has worked for so long, or None."""
    return next((pid for pid, worked in workers_of(process).items() if worked >= seconds), None)


class Felling:
    """Sends a signal to every worker that is at work, until told to end: a pool may give a call to another worker when
    the first has died, and a call that no worker survives is the one that fails."""

    def __init__(self, process, number, seconds=0.2):
        self.process, self.number, self.seconds = process, number, seconds
        self.felled, self.over = set(), threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(0.01) and self.process.poll() is None:
            for pid, worked in workers_of(self.process).items():
                if worked >= self.seconds and pid not in self.felled:
                    self.felled.add(pid)
                    with contextlib.suppress(ProcessLookupError):  # it has just ended
                        os.kill(pid, self.number)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def is_gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class ProcessTest(CommandTest):
    def start(self, *args):
        process = subprocess.Popen([LAGOON, *map(str, args)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def square(self, n, name="a.csv"):
        chance = random.Random(7)
        return self.write(name, "".join(",".join(f"{chance.random():.6f}" for _ in range(n)) + "\n" for _ in range(n)))


class Processes(ProcessTest):
    def same(self, *args):
        """The JSON of both ways, but for how the run went."""
        thread, process = (self.ok_json(*args, "--json", "--isolation", how) for how in ("thread", "process"))
        for document in (thread, process):
            document.pop("run", None)
        self.assertEqual(thread, process)
        return process

    def table(self, rows=10_000):
        """Columns of 80 KB: large enough to lie in memory that workers see."""
        chance = random.Random(1)
        lines = ["t,x,y"] + [f"{i},{chance.random():.6f},{(i % 24) + chance.random():.6f}" for i in range(rows)]
        return self.write("t.csv", "\n".join(lines) + "\n")

    def test_an_analysis_is_the_same(self):
        name = self.table()
        whole = self.same("analyze", name, "--time", "t", "--period", "24", "--target", "y")
        self.assertEqual((whole["rows"], whole["failed"]), (10_000, []))
        self.assertIsNotNone(whole["learning"])
        for table in sorted(DATA.glob("*.csv")):
            self.same("analyze", self.write(table.name, table.read_bytes()))

    def test_columns_are_not_copied(self):
        run = self.ok_json("analyze", self.table(), "--json", "--isolation", "process")["run"]
        self.assertLess(run["copied_bytes"], 80_000)  # small arrays go with their messages; one column would be that much
        self.assertGreaterEqual(len(run["workers"]), 3)

    def test_the_other_commands_are_the_same(self):
        name = self.table(2_000)
        self.same("series", name, "--time", "t", "--column", "y", "--period", "24")
        self.same("learn", name, "--target", "y", "--model", "linear")
        self.same("learn", name, "--clusters", "3", "--model", "kmeans")
        self.same("matrix", "svd", self.square(40))
        call = ("call", "Statistics.summarize", f"data.values=@{name}:x")
        self.assertEqual(self.ok(*call), self.ok(*call, "--isolation", "process"))
        watch = ("watch", name, "--time", "t", "--value", "x")
        self.assertEqual(self.ok(*watch), self.ok(*watch, "--isolation", "process"))

    def test_photographs_are_the_same(self):
        (self.folder / "in").mkdir()
        for i in range(3):
            self.write(f"in/{i}.png", png(200, 100, i))
        for how in ("thread", "process"):
            self.ok("images", "in", how, "--size", "90x90", "--format", "jpeg", "--isolation", how)
        for i in range(3):
            self.assertEqual(*((self.folder / how / f"{i}.jpg").read_bytes() for how in ("thread", "process")))

    def test_mistakes_are_the_same(self):
        self.write("t.csv", "a,b\n1,2\n2,4\n")
        for how in ("thread", "process"):
            self.fails(USAGE, "sumarize", "call", "Statistics.sumarize", "--isolation", how)
            self.fails(INPUT, "t.csv", "analyze", "t.csv", "--columns", "c", "--isolation", how)

    def test_it_is_offered_where_it_separates_something(self):
        for command in ("analyze", "series", "learn", "watch", "call", "matrix", "images"):
            self.assertIn("--isolation", self.ok(command, "--help"))
        self.assertIn("--untrusted", self.ok("images", "--help"))
        self.fails(USAGE, "md: no option --isolation", "md", "run.toml", "--isolation", "process")
        self.fails(USAGE, "--isolation", "analyze", "t.csv", "--isolation", "machine")

    def test_a_worker_needs_somebody_who_started_it(self):
        done = self.run_command("doctor", environment={"LAGOON_WORKER": "1"})
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn("worker:", done.stderr.decode())

    def test_doctor_tries_one(self):
        facts = self.ok_json("doctor", "--json")["processes"]
        self.assertTrue(facts["work"], facts)
        self.assertTrue(facts["sandbox"], facts)
        self.assertGreater(facts["start_ms"], 0)
        self.assertRegex(self.ok("doctor"), r"\nprocesses +work, and so does their sandbox; ")


class LostWorkers(ProcessTest):
    def test_a_call_fails_with_its_worker(self):
        process = self.start("matrix", "svd", self.square(1200), "--isolation", "process", "--precision", "extended")
        os.kill(wait_until(self, lambda: busy(process)), signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (FAILED, b""))
        self.assertIn("was killed by signal 9", err.decode())

    def test_an_analysis_goes_on_without_what_a_worker_was_at(self):
        chance = random.Random(3)
        rows = "".join(f"{chance.random():.6f},{chance.random():.6f}\n" for _ in range(200_000))
        process = self.start("analyze", self.write("t.csv", "x,y\n" + rows), "--target", "y", "--json", "--isolation",
                             "process")
        with Felling(process, signal.SIGKILL, 1) as felling:  # the forest: columns are quick
            out, err = process.communicate(timeout=100)
        self.assertTrue(felling.felled)
        self.assertEqual(process.returncode, FAILED, err.decode())
        whole = json.loads(out)
        self.assertEqual([c["count"] for c in whole["columns"]], [200_000, 200_000])
        self.assertTrue(any("was killed by signal 9" in f["error"] for f in whole["failed"]), whole["failed"])

    def test_an_interrupted_command_leaves_no_worker(self):
        process = self.start("matrix", "svd", self.square(1200), "--precision", "extended", "--isolation", "process")
        wait_until(self, lambda: busy(process))
        workers = workers_of(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out), (INTERRUPTED, b""), err.decode())
        wait_until(self, lambda: all(map(is_gone, workers)), 10)

    def test_a_killed_command_leaves_no_worker(self):
        process = self.start("matrix", "svd", self.square(1200), "--precision", "extended", "--isolation", "process")
        wait_until(self, lambda: busy(process))
        workers = workers_of(process)
        process.kill()
        process.wait()
        wait_until(self, lambda: all(map(is_gone, workers)), 10)


class Untrusted(ProcessTest, ImagesTest):
    def test_the_same_is_made_and_the_same_is_refused(self):
        for i in range(4):
            self.put(f"in/deep/{i}.png", png(300 + i, 200, i))
        self.put("in/text.jpg", b"this is no photograph")
        self.put("in/empty.jpg", b"")
        self.put("in/bomb.png", bomb())
        recipe = ("--size", "100x100", "--sharpen", "0.5")
        trusted = self.lines("in", "out", *recipe, code=INPUT)
        untrusted = self.lines("in", "apart", *recipe, "--untrusted", code=INPUT)
        self.assertEqual(self.tree("out"), self.tree("apart"))
        self.assertEqual(len(self.tree("apart")), 4)
        self.assertEqual([f["name"] for f in trusted[-1]["failures"]], [f["name"] for f in untrusted[-1]["failures"]])
        of_files = lambda lines: sorted((l["name"], l["ok"], l["columns"], l["rows"], l["bytes_in"], l["bytes_out"])
                                        for l in lines[:-1])
        self.assertEqual(of_files(trusted), of_files(untrusted))
        self.assertEqual(trusted[-1]["pixels_in"], untrusted[-1]["pixels_in"])

    def test_there_is_a_contact_sheet(self):
        for i in range(3):
            self.put(f"in/{i}.png", png(64, 48, i))
        self.ok("images", "in", "out", "--size", "32x32", "--untrusted", "--report", "r.html")
        self.assertEqual((self.folder / "r.html").read_text().count("data:image/jpeg;base64,"), 3)

    def slow_png(self, columns, rows):
        """Black, a small file that takes long."""
        chunk = lambda name, data: (struct.pack(">I", len(data)) + name + data
                                    + struct.pack(">I", zlib.crc32(name + data)))
        lines = zlib.compressobj(1)
        data = b"".join(lines.compress(bytes(100 * (1 + columns))) for _ in range(rows // 100)) + lines.flush()
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0))
                + chunk(b"IDAT", data) + chunk(b"IEND", b""))

    def at_work_on_the_second(self, *more):
        """A run whose one worker has made the first photograph and is at the second, which takes long."""
        self.put("in/a.png", png(30, 20))
        self.put("in/b.png", self.slow_png(16_000, 16_000))
        self.put("in/c.png", png(30, 20, 1))
        process = self.start("images", "in", "out", "--size", "5000x5000", "--sharpen", "1", "--untrusted", "--workers", "1",
                             "--json", *more)
        self.assertEqual(json.loads(process.stdout.readline())["name"], "a.png")
        return process

    def the_second_alone_is_missing(self, process, number, why):
        with Felling(process, number) as felling:
            second = process.stdout.readline()
        self.assertTrue(felling.felled)
        self.assertFalse(json.loads(second)["ok"])
        # Not communicate(), which passes over what readline() has read ahead.
        out, err = process.stdout.read(), process.stderr.read()
        self.assertEqual(process.wait(), INPUT, err.decode())
        summary = json.loads(out.decode().splitlines()[-1])
        self.assertEqual((summary["made"], summary["failed"]), (2, 1))
        self.assertEqual(summary["failures"][0]["name"], "b.png")
        self.assertRegex(summary["failures"][0]["error"], why)
        self.assertIn("1 photograph failed", err.decode())
        self.assertEqual(sorted(self.tree()), ["a.png", "c.png"])

    def test_a_decoder_that_dies_costs_its_photograph(self):
        process = self.at_work_on_the_second()
        self.the_second_alone_is_missing(process, signal.SIGKILL, "was killed by signal 9")

    def test_a_decoder_that_hangs_costs_its_photograph(self):
        process = self.at_work_on_the_second("--picture-timeout", "20s")
        self.the_second_alone_is_missing(process, signal.SIGSTOP, "stopped|deadline|time")

    def test_a_decoder_may_open_nothing(self):
        process = self.at_work_on_the_second()
        worker = wait_until(self, lambda: busy(process))
        status = pathlib.Path(f"/proc/{worker}/status").read_text()
        self.assertRegex(status, r"Seccomp:\s+2\b")
        self.assertRegex(status, r"NoNewPrivs:\s+1\b")
        process.kill()
        process.wait()
        wait_until(self, lambda: is_gone(worker), 10)

    def test_mistakes_are_said(self):
        self.put("in/a.png", png(10, 10))
        self.fails(USAGE, "--picture-timeout is for --untrusted", "images", "in", "out", "--picture-timeout", "5s")
        self.fails(USAGE, "is not a time", "images", "in", "out", "--untrusted", "--picture-timeout", "soon")
