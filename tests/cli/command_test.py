#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command from outside: exit codes, texts, signals, files. LAGOON_COMMAND is the program; arguments choose classes."""

import fcntl
import json
import os
import pty
import resource
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
import unittest

from analytics_test import Analytics, Learn, SeriesInTime, Watch  # noqa: F401: some of the classes
from command import DATA, LAGOON, CommandTest
from images_test import Images  # noqa: F401
from md_test import Dynamics  # noqa: F401
from process_test import LostWorkers, Processes, Untrusted  # noqa: F401
from report_test import Report  # noqa: F401
from top_test import Top  # noqa: F401

USAGE, INPUT, LIMIT, INTERRUPTED = 2, 3, 4, 130


class Usage(CommandTest):
    def test_mistakes_end_with_2_and_a_hint(self):
        self.fails(USAGE, "a command is missing")
        self.fails(USAGE, "no command 'analyse'; did you mean analyze?", "analyse", "x.csv")
        self.fails(USAGE, "no option --colums; did you mean --columns?", "analyze", "x.csv", "--colums", "a")
        self.fails(USAGE, "is not a size", "analyze", "x.csv", "--memory-limit", "lots")
        self.fails(USAGE, "is not a time", "analyze", "x.csv", "--timeout", "soon")
        self.fails(USAGE, "file is required", "analyze")
        self.fails(USAGE, "one argument too many", "analyze", "a", "b")

    def test_help_and_version_go_to_stdout(self):
        self.assertRegex(self.ok("--version"), r"^lagoon \d+\.\d+\.\d+\n$")
        self.assertIn("analyze", self.ok("--help"))
        for command in ("analyze", "series", "learn", "watch", "services", "describe", "call", "matrix", "md", "images", "doctor", "top"):
            self.assertIn("--memory-limit", self.ok(command, "--help"))


class BadInput(CommandTest):
    def test_a_missing_file(self):
        self.write("income.csv", "x\n1\n")
        self.fails(INPUT, "incme.csv: no such file; did you mean income.csv?", "analyze", "incme.csv")

    def test_an_empty_file(self):
        self.fails(INPUT, "e.csv: the file is empty", "analyze", self.write("e.csv", ""))
        self.fails(INPUT, "h.csv: there are no rows below the header", "analyze", self.write("h.csv", "a,b\n"))

    def test_a_folder(self):
        self.fails(INPUT, "it is a folder", "analyze", ".")

    def test_an_unreadable_file(self):
        name = self.write("secret.csv", "x\n1\n")
        os.chmod(self.folder / name, 0)
        options = {}
        if os.geteuid() == 0:  # who may read everything
            os.chmod(self.folder, 0o777)
            options = {"user": 65534, "group": 65534, "extra_groups": []}
        try:
            self.fails(INPUT, "secret.csv: you may not read it", "analyze", name, **options)
        except PermissionError:
            self.skipTest("nobody may not start the command where it lies")

    def test_ragged_rows(self):
        self.fails(INPUT, "r.csv:3: 2 fields, the header has 3", "analyze", self.write("r.csv", "a,b,c\n1,2,3\n1,2\n"))
        self.fails(INPUT, "f.csv:2: 3 fields, the first row has 2", "analyze", self.write("f.csv", "5,2\n1,2,3\n"))

    def test_numbers_beyond_double(self):
        self.fails(INPUT, "n.csv:3: column 2 'b': '1e999' is beyond the largest double", "analyze",
                   self.write("n.csv", "a,b\n1,2\n3,1e999\n"))

    def test_a_nul_byte(self):
        self.fails(INPUT, "z.csv:3: byte 2 of the line is NUL", "analyze", self.write("z.csv", b"a,b\n1,2\n3\0,4\n"))

    def test_a_quote_that_is_never_closed(self):
        self.fails(INPUT, "q.csv:3: the quote that opens here is never closed", "analyze",
                   self.write("q.csv", 'a,b\n1,2\n3,"4\n5,6\n'))

    def test_a_million_columns(self):
        n = 1_000_000
        name = self.write("wide.csv", ",".join(f"c{i}" for i in range(n)) + "\n" + ",".join(["1"] * n) + "\n")
        self.fails(LIMIT, "wide.csv:1: 1,000,000 columns of numbers; the limit is 100,000", "analyze", name)
        self.assertIn("c999999", self.ok("analyze", name, "--columns", "c5,c999999"))

    def test_a_column_that_is_not_there(self):
        name = self.write("t.csv", "height,weight,who\n1,2,Ann\n")
        self.fails(INPUT, "no column 'heigth'; did you mean 'height'?", "analyze", name, "--columns", "heigth")
        self.fails(INPUT, "t.csv:2: column 3 'who': 'Ann' is not a number", "analyze", name, "--columns", "who")

    def test_no_numbers_at_all(self):
        self.fails(INPUT, "no column holds numbers (line 2: '1,5')", "analyze", self.write("t.csv", "a;b\n1,5;x\n"))

    def test_more_memory_than_the_limit(self):
        name = self.write("big.csv", "a,b\n" + "1,2\n" * 300_000)
        self.fails(LIMIT, "big.csv: 300,000 rows x 2 columns need 4.5 MiB", "analyze", name, "--memory-limit", "4MiB")
        self.fails(LIMIT, "big.csv", "analyze", name, "--memory-limit", "1")

    def test_a_time_that_is_over(self):
        name = self.write("big.csv", "a,b\n" + "1,2\n" * 2_000_000)
        self.fails(LIMIT, "not done within --timeout", "analyze", name, "--timeout", "1ms", "--report", "r.html")

    def test_broken_npy(self):
        self.fails(INPUT, "x.npy: this is no NPY file", "analyze", self.write("x.npy", "a,b\n1,2\n"))


class Output(CommandTest):
    TABLE = "a,b,when,who\n1,2,2001-02-03,Ann\n3,,2001-02-04,Bo\n5,7,2001-02-05,Cy\n"

    def test_quotes_crlf_and_byte_order_mark_are_read(self):
        self.write("t.csv", b'\xef\xbb\xbf"a, b";x\r\n"1";2\r\n3;4\r\n')
        self.assertEqual([c["name"] for c in self.ok_json("analyze", "t.csv", "--json")["columns"]], ["a, b", "x"])

    def test_left_out_columns_are_named(self):
        text = self.ok("analyze", self.write("t.csv", self.TABLE))
        self.assertIn("left out: when (date, line 2: '2001-02-03')", text)
        self.assertIn("left out: who (text, line 2: 'Ann')", text)

    def test_json_is_the_whole_of_stdout(self):
        document = self.ok_json("analyze", self.write("t.csv", self.TABLE), "--json", "-v")
        self.assertEqual(document["schema"], "lagoon.analysis")
        self.assertEqual(document["schema_version"], 1)
        self.assertEqual(list(document), ["schema", "schema_version", "file", "rows", "columns", "skipped", "correlation",
                                          "series", "learning", "notes", "failed", "run"])
        column = document["columns"][1]
        self.assertEqual(list(column), ["name", "count", "missing", "mean", "standard_deviation", "minimum", "q1", "median",
                                        "q3", "maximum", "skewness", "kurtosis", "histogram"])
        self.assertEqual((column["count"], column["missing"], column["mean"]), (2, 1, 4.5))
        self.assertEqual(sum(column["histogram"]["counts"]), 2)
        self.assertEqual(len(column["histogram"]["edges"]), len(column["histogram"]["counts"]) + 1)
        self.assertEqual(document["correlation"]["rows"], 2)
        self.assertEqual({"version", "cores", "isolate", "calls", "copied_bytes"} - set(document["run"]), set())
        self.assertEqual(document["run"]["copied_bytes"], 0, "columns go to the service by reference")

    def test_out_report_and_trace_are_files(self):
        self.write("t.csv", self.TABLE)
        self.assertEqual(self.ok("analyze", "t.csv", "--json", "--out", "o.json", "--report", "r.html", "--trace", "t.json"), "")
        self.assertEqual(json.loads((self.folder / "o.json").read_text())["rows"], 3)
        self.assertIn("<html", (self.folder / "r.html").read_text())
        trace = json.loads((self.folder / "t.json").read_text())
        self.assertIn("read", [e["name"] for e in trace["traceEvents"]])
        self.assertEqual(len(list(self.folder.iterdir())), 4)

    def test_files_that_cannot_be_written(self):
        self.write("t.csv", self.TABLE)
        self.fails(INPUT, "no folder no", "analyze", "t.csv", "--report", "no/r.html")
        self.fails(INPUT, "it is a folder", "analyze", "t.csv", "--out", ".")
        self.fails(LIMIT, "No space left on device", "analyze", "t.csv", "--out", "/dev/full")
        with open("/dev/full", "w") as full:
            done = subprocess.run([LAGOON, "analyze", "t.csv"], cwd=self.folder, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, LIMIT)

    def test_a_full_disk_leaves_the_old_file(self):
        self.write("t.csv", self.TABLE)
        self.write("r.html", "old")
        small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        self.fails(LIMIT, "File too large", "analyze", "t.csv", "--report", "r.html", preexec_fn=small)
        self.assertEqual((self.folder / "r.html").read_text(), "old")

    def test_a_reader_that_has_seen_enough_is_no_error(self):
        self.write("t.csv", ",".join(f"c{i}" for i in range(3000)) + "\n" + ",".join("1" * 3000) + "\n")
        shell = f"'{LAGOON}' analyze t.csv --correlation none | head -n 1; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", shell], cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_standard_input_is_a_table(self):
        self.assertEqual(self.ok_json("analyze", "-", "--json", input=b"a\n1\n2\n")["rows"], 2)

    def test_doctor(self):
        self.assertIn("cores", self.ok("doctor"))
        document = self.ok_json("doctor", "--json")
        self.assertEqual(document["schema"], "lagoon.doctor")
        self.assertGreaterEqual(document["machine"]["cores"]["usable"], 1)
        self.assertGreater(document["machine"]["memory"]["usable"], 0)

    def test_doctor_sees_affinity(self):
        if os.cpu_count() < 2:
            self.skipTest("one core")
        one = {min(os.sched_getaffinity(0))}
        text = self.ok("doctor", preexec_fn=lambda: os.sched_setaffinity(0, one))
        self.assertIn("1 usable", text)
        self.assertIn("warning: the affinity", text)


class Interrupts(CommandTest):
    def interrupt(self, args, after, number=signal.SIGINT, **options):
        """Return code, seconds until the end, and stderr of a run that gets a signal once `after` seconds have passed."""
        process = subprocess.Popen([LAGOON, *args], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        try:
            time.sleep(after)  # there is no event to wait for: the work is to be in full swing
            begin = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
            return process.returncode, time.monotonic() - begin, out, err.decode()
        finally:
            process.kill()
            process.wait()

    def check(self, args, after=0.3, code=INTERRUPTED, **options):
        seconds = []
        for _ in range(3):  # a busy machine may cost one try its 200 ms
            got, took, out, err = self.interrupt(args, after, **options)
            self.assertEqual(got, code, err)
            self.assertIn("interrupted", err)
            self.assertEqual(out, b"")
            seconds.append(took)
            if took < 0.2:
                break
        self.assertLess(min(seconds), 0.2)

    def big(self):
        with open(self.folder / "big.csv", "w") as file:
            file.write(",".join("abcdefghij") + "\n")
            row = ",".join(f"{i}.{i}25" for i in range(10)) + "\n"
            for _ in range(300):
                file.write(row * 10_000)
        return "big.csv"

    def test_reading_ends_at_once_and_writes_nothing(self):
        name = self.big()
        self.check(["analyze", name, "--report", "r.html", "--out", "o.txt", "--trace", "t.json"], after=0.15)
        self.check(["analyze", name, "--report", "r.html"], after=0.25, number=signal.SIGTERM, code=128 + signal.SIGTERM)
        self.assertEqual([p.name for p in self.folder.iterdir()], [name])

    def test_waiting_for_a_pipe_ends_at_once(self):
        for args in (["analyze", "-"], ["analyze", "/dev/stdin", "--json"]):
            reader, writer = os.pipe()
            try:
                self.check(args, stdin=reader)
            finally:
                os.close(reader)
                os.close(writer)

    def test_a_named_pipe_without_a_writer_ends_at_once(self):
        os.mkfifo(self.folder / "pipe")
        self.check(["analyze", "pipe"])


class Progress(CommandTest):
    def table(self, rows=3_000_000):
        return self.write("t.csv", "a,b\n" + "1.5,2.25\n" * rows)

    def test_json_lines(self):
        done = self.run_command("analyze", self.table(), "--progress", "json")
        events = [json.loads(line) for line in done.stderr.decode().splitlines()]
        self.assertIn("reading", {e["stage"] for e in events})
        for e in events:
            self.assertLessEqual(e["done"], e["total"])

    def test_silence_where_there_is_no_terminal(self):
        self.assertEqual(self.run_command("analyze", self.write("t.csv", "a\n1\n")).stderr, b"")
        self.assertEqual(self.run_command("analyze", self.table(), "--progress", "none").stderr, b"")
        self.assertEqual(self.run_command("analyze", self.table(), "-q").stderr, b"")

    def on_terminal(self, environment, columns=90):
        terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
        process = subprocess.Popen([LAGOON, "analyze", self.table(20_000_000)], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=inner, env={**clean, "TERM": "xterm", **environment})
        os.close(inner)
        text = b""
        try:
            while chunk := os.read(terminal, 65536):
                text += chunk
        except OSError:  # the other end is closed
            pass
        self.assertEqual(process.wait(timeout=60), 0)
        os.close(terminal)
        return text.decode()

    def test_a_bar_on_a_terminal_which_is_gone_at_the_end(self):
        text = self.on_terminal({})
        self.assertIn("\rreading [\033[36m", text)
        self.assertTrue(text.endswith("\r\033[K"), repr(text[-40:]))
        self.assertNotIn("\n", text)

    def test_no_colour_and_columns_are_respected(self):
        text = self.on_terminal({"NO_COLOR": "1", "COLUMNS": "50"})
        self.assertIn("\rreading ", text)
        self.assertNotIn("\033[36m", text)
        for line in text.split("\r"):
            self.assertLess(len(line.replace("\033[K", "")), 50)


class Analysis(CommandTest):
    """Against Python's own statistics module."""

    def compare(self, name, delimiter=","):
        import csv
        with open(self.folder / name, newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
        document = self.ok_json("analyze", name, "--json")
        self.assertEqual(document["rows"], len(rows))
        self.assertEqual(document["failed"], [])
        for column in document["columns"]:
            cells = [row[column["name"]] for row in rows]
            x = [float(c) for c in cells if c not in ("", "NA")]
            with self.subTest(file=name, column=column["name"]):
                self.assertEqual(column["count"], len(x))
                self.assertEqual(column["missing"], len(cells) - len(x))
                self.assertEqual((column["minimum"], column["maximum"]), (min(x), max(x)))
                self.close(column["mean"], statistics.fmean(x), 1e-13)
                self.close(column["standard_deviation"], statistics.stdev(x), 1e-12)
                quartiles = statistics.quantiles(x, n=4, method="inclusive")  # Hyndman & Fan's definition 7
                for got, expected in zip((column["q1"], column["median"], column["q3"]), quartiles):
                    self.close(got, expected, 1e-13)
                m, n = statistics.fmean(x), len(x)
                m2, m3, m4 = (sum((v - m) ** k for v in x) / n for k in (2, 3, 4))
                self.close(column["skewness"], m3 / m2 ** 1.5, 1e-9)
                self.close(column["kurtosis"], m4 / m2 ** 2 - 3, 1e-9)
                self.assertEqual(sum(column["histogram"]["counts"]), len(x))
        names = document["correlation"]["columns"]
        full = [row for row in rows if all(row[c] not in ("", "NA") for c in names)]
        if len(names) > 1:
            self.assertEqual(document["correlation"]["rows"], len(full))
        for i, a in enumerate(names):
            for j, b in enumerate(names[:i]):
                expected = statistics.correlation([float(r[a]) for r in full], [float(r[b]) for r in full])
                self.assertAlmostEqual(document["correlation"]["matrix"][i][j], expected, delta=1e-12)
        return document

    def close(self, got, expected, relative):
        self.assertAlmostEqual(got, expected, delta=relative * max(1e-3, abs(expected)))

    def test_a_made_table_with_gaps(self):
        import random
        source = random.Random(20240601)
        lines = ["x,y,z,who"]
        for i in range(5000):
            x = source.gauss(10, 3)
            y = "" if i % 17 == 0 else f"{2 * x + source.gauss(0, 1):.9g}"
            lines.append(f"{x!r},{y},{source.expovariate(0.01):.6g},p{i}")
        document = self.compare(self.write("made.csv", "\n".join(lines) + "\n"))
        self.assertEqual([s["name"] for s in document["skipped"]], ["who"])

    def test_npy_is_a_table_too(self):
        values = [float(i * i) for i in range(12)]
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (6, 2), }"
        header += b" " * (64 - (10 + len(header) + 1) % 64) + b"\n"
        self.write("m.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<12d", *values))
        columns = self.ok_json("analyze", "m.npy", "--json")["columns"]
        self.assertEqual([c["name"] for c in columns], ["column_1", "column_2"])
        self.assertEqual(columns[1]["mean"], statistics.fmean(values[1::2]))

    def test_the_same_bits_for_any_number_of_cores(self):
        name = self.write("t.csv", "a,b\n" + "".join(f"{i % 97 / 7!r},{i * i % 1013 / 3!r}\n" for i in range(200_000)))
        answers = []
        for workers in (1, 2, 4):
            document = self.ok_json("analyze", name, "--json", "--workers", workers)
            del document["run"]
            answers.append(document)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])


class RealTables(Analysis):
    def test_from_a_package(self):
        tables = sorted(DATA.glob("*.csv"))
        if not tables:
            self.skipTest(f"no tables in {DATA}: ./dev run fetches one")
        for table in tables:
            self.compare(self.write(table.name, table.read_bytes()))

    # What the base class tests is not tested twice.
    test_a_made_table_with_gaps = test_npy_is_a_table_too = test_the_same_bits_for_any_number_of_cores = None


class Matrices(CommandTest):
    A = "%%MatrixMarket matrix array real general\n2 2\n4\n0\n0\n8\n"
    SINGULAR = "%%MatrixMarket matrix coordinate real symmetric\n2 2 3\n1 1 1\n2 1 2\n2 2 4\n"

    def test_operations_print_what_is_small(self):
        a = self.write("a.mtx", self.A)
        self.assertRegex(self.ok("matrix", "inverse", a), r"x: 2 x 2\n +0.25 +0\n +0 +0.125\n(.*\n)*rcond: 0.5\n")
        self.assertEqual(self.ok_json("matrix", "determinant", a, "--json")["value"], 32)
        document = self.ok_json("matrix", "norm", a, "--kind", "one", "--json")
        self.assertEqual(document, {"schema": "lagoon.matrix", "schema_version": 1, "operation": "norm", "value": 8})
        self.assertEqual(self.ok_json("matrix", "rank", a, "--json")["rank"], 2)
        values = self.ok_json("matrix", "symmetric_eigen", a, "--values-only", "--json")
        self.assertEqual((values["values"], values["converged"], "vectors" in values), ([4, 8], True, False))

    def test_arrays_go_to_files(self):
        a, b = self.write("a.mtx", self.A), self.write("b.csv", "1,2\n3,4\n5,6\n")
        document = self.ok_json("matrix", "svd", a, "--out-prefix", "r", "--json")
        self.assertEqual(document["u"], {"file": "r.u.npy", "type": "f64[n, m]", "shape": [2, 2]})
        self.assertEqual(sorted(p.name for p in self.folder.glob("r.*")), ["r.u.npy", "r.values.npy", "r.vt.npy"])
        self.ok("matrix", "multiply", b, a, "--out-prefix", "p", "--format", "mtx")
        self.assertEqual((self.folder / "p.c.mtx").read_text(),
                         "%%MatrixMarket matrix array real general\n3 2\n4\n12\n20\n16\n32\n48\n")
        self.assertEqual(self.ok_json("matrix", "multiply", "p.c.mtx", "r.u.npy", "--precision", "extended", "--json")["c"][0][0] ** 2, 256)
        answer = self.ok_json("call", "Matrix.norm", "a=@a.mtx", "kind=largest")
        self.assertEqual(answer, {"value": 8})

    def test_what_cannot_be_done_is_said(self):
        a = self.write("s.mtx", self.SINGULAR)
        done = self.run_command("matrix", "inverse", a, "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"the matrix is singular", done.stderr)
        self.assertTrue(json.loads(done.stdout)["singular"])
        self.fails(USAGE, "no operation 'invers'; did you mean inverse?", "matrix", "invers", a)
        self.fails(USAGE, "matrix multiply: it takes two matrices", "matrix", "multiply", a)
        self.fails(USAGE, "matrix rank: it takes one matrix; 'b' is the second", "matrix", "rank", a, "b")
        self.fails(USAGE, "matrix rank: --kind is for norm, condition", "matrix", "rank", a, "--kind", "one")
        self.fails(INPUT, "inner sizes must agree", "matrix", "multiply", a, self.write("b.csv", "1,2\n3,4\n5,6\n"))
        self.fails(INPUT, "t.mtx:3: 'x' in place of a number", "matrix", "norm",
                   self.write("t.mtx", "%%MatrixMarket matrix array real general\n1 1\nx\n"))
        self.fails(LIMIT, "elements that are allowed", "matrix", "norm",
                   self.write("h.mtx", "%%MatrixMarket matrix coordinate real general\n9999999 9999999 0\n"))


class Calls(CommandTest):
    TABLE = "x,y,who\n1,2,a\n2,4,b\n3,6,c\n4,9,d\n,1,e\n"

    def test_services_are_listed(self):
        self.assertRegex(self.ok("services"), r"(?m)^lagoon.Statistics\n(  .*\n)*  summarize +SummarizeRequest -> Summary: ")
        document = self.ok_json("services", "--json")
        self.assertEqual((document["schema"], document["schema_version"]), ("lagoon.services", 1))
        methods = {m["name"]: m for s in document["services"] for m in s["methods"] if s["name"] == "lagoon.Statistics"}
        self.assertTrue(methods["summarize"]["idempotent"])
        self.assertEqual(methods["summarize"]["request"]["fields"]["data"]["fields"]["values"]["type"], "f64[n]")
        self.assertEqual(methods["accumulate"]["kind"], "client_stream")

    def test_methods_are_described(self):
        text = self.ok("describe", "Statistics.summarize")
        self.assertIn("lagoon.Statistics.summarize (unary, idempotent)", text)
        self.assertRegex(text, r"takes SummarizeRequest\n  data +Series\n    values +f64\[n\]\n")
        self.assertIn("correlate", self.ok("describe", "Statistics"))
        self.assertEqual(self.ok_json("describe", "lagoon.Statistics.moments", "--json")["name"], "moments")

    def test_names_that_do_not_exist(self):
        self.fails(USAGE, "Statistics has no method sumarize; did you mean summarize?", "describe", "Statistics.sumarize")
        self.fails(USAGE, "did you mean Statistics?", "call", "Statistic.summarize")
        self.fails(USAGE, "is not Service.method", "call", "summarize")
        self.fails(USAGE, "no field dta; did you mean data?", "call", "Statistics.summarize", "dta.values=[1]")
        self.fails(USAGE, "data.values", "call", "Statistics.summarize", "data.values=hello")
        self.fails(USAGE, "this is not JSON", "call", "Statistics.summarize", "data.values=[1,")
        self.fails(USAGE, "is not field=value", "call", "Statistics.summarize", "data")

    def test_literals_and_columns(self):
        self.write("t.csv", self.TABLE)
        answer = self.ok_json("call", "Statistics.summarize", "data.values=[1,2,3,null]".replace("null", "4"))
        self.assertEqual((answer["count"], answer["mean"]), (4, 2.5))
        answer = self.ok_json("call", "Statistics.summarize", "data.values=@t.csv:x", "bins=2")
        self.assertEqual((answer["count"], answer["missing"], answer["counts"]), (4, 1, [2, 2]))
        answer = self.ok_json("call", "Statistics.percentiles", "data.values=@t.csv:y", "percent=[50]")
        self.assertEqual(answer, {"values": [4.0]})
        self.write("r.json", '{"data": {"values": [1, 2, 3]}, "percent": [0, 100]}')
        self.assertEqual(self.ok_json("call", "Statistics.percentiles", "@r.json"), {"values": [1.0, 3.0]})
        self.assertEqual(self.ok_json("call", "Statistics.percentiles", "@r.json", "percent=[50]"), {"values": [2.0]})

    def test_files_that_are_wrong(self):
        self.write("t.csv", self.TABLE)
        self.fails(INPUT, "no column 'z'", "call", "Statistics.summarize", "data.values=@t.csv:z")
        self.fails(INPUT, "t.csv:2: column 3 'who': 'a' is not a number", "call", "Statistics.summarize", "data.values=@t.csv:who")
        self.fails(INPUT, "none.csv: no such file", "call", "Statistics.summarize", "data.values=@none.csv:z")

    def test_what_the_handler_refuses_is_input(self):
        self.fails(INPUT, "", "call", "Statistics.percentiles", "data.values=[1,2]", "percent=[101]")

    def test_matrices_in_and_out(self):
        self.write("t.csv", self.TABLE)
        answer = self.ok_json("call", "Statistics.correlate", "table=@t.csv", "--out", "values=c.npy")
        self.assertEqual(answer["values"], {"file": "c.npy", "type": "f64[n, m]", "shape": [2, 2]})
        self.assertEqual(answer["rows"], 4)
        again = self.ok_json("call", "Statistics.summarize", "data.values=[1]")
        self.assertEqual(again["count"], 1)
        matrix = self.ok_json("call", "Statistics.covariance", "table=@c.npy")
        self.assertEqual(matrix["rows"], 2)
        self.fails(USAGE, "the answer has no field nothing; it has values, rows", "call", "Statistics.correlate",
                   "table=@t.csv", "--out", "nothing=n.npy")

    def test_a_stream_of_requests(self):
        lines = "".join(json.dumps({"values": [i, i + 1]}) + "\n" for i in range(5))
        answer = self.ok_json("call", "Statistics.accumulate", "-", input=lines.encode())
        self.assertEqual((answer["count"], answer["mean"]), (10, 2.5))
        self.fails(INPUT, "standard input:2:1:2: this is not JSON", "call", "Statistics.accumulate", "-",
                   input=b'{"values": [1]}\n{oops}\n')

    def test_report_of_a_call(self):
        self.ok("call", "Statistics.summarize", "data.values=[1,2,3]", "--report", "r.html", "--trace", "t.json", "--out", "o.json")
        self.assertIn("Statistics.summarize", (self.folder / "r.html").read_text())
        self.assertEqual(json.loads((self.folder / "o.json").read_text())["count"], 3)
        self.assertIn("traceEvents", json.loads((self.folder / "t.json").read_text()))


if __name__ == "__main__":
    unittest.main()
