# SPDX-License-Identifier: Apache-2.0
"""`lagoon top`: processes that publish pools, seen from outside."""

import json
import os
import pty
import signal
import subprocess
import threading

from command import LAGOON, CommandTest

PUBLISHER = os.environ.get("LAGOON_PUBLISHER", "cli_publisher")
USAGE, INPUT, LIMIT = 2, 3, 4


class Top(CommandTest):
    def setUp(self):
        super().setUp()
        self.here = {"environment": {"XDG_RUNTIME_DIR": str(self.folder)}}

    def publisher(self, *pools):
        process = subprocess.Popen([PUBLISHER, *pools], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={**os.environ, "XDG_RUNTIME_DIR": str(self.folder)})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def test_nothing_publishes(self):
        errors = self.fails(INPUT, "no process of yours publishes a pool", "top", "--once", **self.here)
        self.assertIn(".publish = true", errors, "what to do")
        self.fails(INPUT, "process 1 publishes nothing", "top", "1", "--once", **self.here)

    def test_one_interval_as_json(self):
        self.publisher("crew")
        pool = self.ok_json("top", "--once", "--json", **self.here)
        self.assertEqual((pool["schema"], pool["schema_version"], pool["pool"]), ("lagoon.pool", 1, "crew"))
        self.assertEqual([w["worker"] for w in pool["workers"]], ["crew/0", "crew/1"])
        self.assertEqual(pool["methods"][0]["method"], "twice")
        self.assertGreater(pool["calls"], 0)
        self.assertEqual(pool["methods"][0]["failures"][0]["code"], "out_of_range")
        self.assertGreaterEqual(pool["latency"]["p99"], pool["latency"]["p50"])

    def test_one_table(self):
        process = self.publisher("crew")
        text = self.ok("top", process.pid, "--once", **self.here)
        for part in (f"crew  pid {process.pid}, ok", "WORKER", "crew/1", "test.Doubler.twice", "out_of_range"):
            self.assertIn(part, text)
        self.assertNotIn("\033", text)

    def test_all_pools_of_a_process(self):
        self.publisher("first", "second")
        lines = self.ok("top", "--once", "--json", **self.here).splitlines()
        self.assertEqual(sorted(json.loads(line)["pool"] for line in lines), ["first", "second"])

    def test_names_do_not_move_the_cursor(self):
        self.publisher("\033[2Jcrew\u009b1m")
        text = self.ok("top", "--once", **self.here)
        self.assertIn("?[2Jcrew?1m", text)
        self.assertNotIn("\033", text)

    def test_several_processes_must_be_told_apart(self):
        one, two = self.publisher("one"), self.publisher("two")
        errors = self.fails(USAGE, "say which: lagoon top PID", "top", "--once", **self.here)
        self.assertIn(str(one.pid), errors)
        self.assertIn(str(two.pid), errors)
        self.assertEqual(self.ok_json("top", two.pid, "--once", "--json", **self.here)["pool"], "two")

    def test_lines_come_until_the_process_ends(self):
        process = self.publisher("crew")
        top = subprocess.Popen([LAGOON, "top", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, "XDG_RUNTIME_DIR": str(self.folder)})
        ends = [json.loads(top.stdout.readline())["at"] for _ in range(3)]
        self.assertEqual(ends, sorted(set(ends)))
        process.stdin.close()
        _, errors = top.communicate(timeout=60)
        self.assertEqual(top.returncode, 0)
        self.assertIn(f"process {process.pid} publishes no more", errors.decode())

    def test_a_killed_process_leaves_nothing_behind(self):
        process = self.publisher("crew")
        process.kill()
        process.wait()
        self.assertEqual(len(list((self.folder / "lagoon").iterdir())), 1)
        self.run_command("top", "--once", **self.here)
        self.assertEqual(list((self.folder / "lagoon").iterdir()), [])

    def test_a_folder_that_others_may_enter_is_refused(self):
        (self.folder / "lagoon").mkdir()
        (self.folder / "lagoon").chmod(0o777)
        self.fails(INPUT, "others may enter it", "top", "--once", **self.here)

    def test_a_process_that_says_nothing_is_waited_for_as_long_as_told(self):
        import socket
        (self.folder / "lagoon").mkdir(mode=0o700)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(str(self.folder / "lagoon" / f"{os.getpid()}.0.sock"))
            silent.listen()
            self.fails(LIMIT, "published nothing yet", "top", "--once", "--timeout", "200ms", **self.here)

    def test_ctrl_c_gives_the_terminal_back(self):
        self.publisher("crew")
        terminal, inner = pty.openpty()
        top = subprocess.Popen([LAGOON, "top"], stdin=inner, stdout=inner, stderr=inner,
                               env={**os.environ, "XDG_RUNTIME_DIR": str(self.folder), "COLUMNS": "60"})
        os.close(inner)
        watchdog = threading.Timer(60, top.kill)
        watchdog.start()
        seen = b""
        while b"WORKER" not in seen:
            seen += os.read(terminal, 65536)
        self.assertTrue(seen.startswith(b"\033[?1049h"), "the alternate screen")
        top.send_signal(signal.SIGINT)
        try:
            while chunk := os.read(terminal, 65536):
                seen += chunk
        except OSError:
            pass  # the other end is closed
        self.assertEqual(top.wait(), 0)
        watchdog.cancel()
        os.close(terminal)
        drawn, after = seen.split(b"\033[?25h\033[?1049l")
        self.assertIn(b"crew/0", after, "what was last seen stays")
        self.assertNotIn(b"\033[", after)
        for line in drawn.decode().split("\r\n"):
            self.assertLessEqual(len(line.replace("\033[K", "").split("\033[H")[-1]), 60 + len("\033[J"))
