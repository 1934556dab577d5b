# SPDX-License-Identifier: Apache-2.0
"""lagoon analyze with --time and --target, and its parts: series, learn, watch."""

import json
import math
import os
import random
import select
import signal
import subprocess

from command import LAGOON, CommandTest

USAGE, INPUT = 2, 3


def noise(seed):
    generator = random.Random(seed)
    return lambda: generator.gauss(0, 1)


def months(n, first=2001):
    return [f"{first + i // 12}-{i % 12 + 1:02d}-01" for i in range(n)]


class Analytics(CommandTest):
    """Sales that rise, repeat every twelve months, and follow a price."""

    N = 120

    def sales(self, shuffle=False):
        gauss = noise(1)
        rows = []
        for i, month in enumerate(months(self.N)):
            price, luck = 10 + 3 * gauss(), gauss()
            sales = 200 + 2 * i + 25 * math.sin(2 * math.pi * i / 12) - 8 * price + gauss()
            rows.append(f"{month},{sales:.6f},{price:.6f},{luck:.6f}")
        if shuffle:
            random.Random(2).shuffle(rows)
        return self.write("sales.csv", "month,sales,price,luck\n" + "\n".join(rows) + "\n")

    def test_three_analyses_are_one_answer(self):
        found = self.ok_json("analyze", self.sales(), "--time", "month", "--period", 12, "--target", "sales", "--json",
                             "--report", "r.html")
        self.assertEqual([c["name"] for c in found["columns"]], ["sales", "price", "luck"])
        series = found["series"][0]
        self.assertEqual((series["column"], series["time"], series["period"]), ("sales", "month", 12))
        per_month = series["line"]["slope"] * 365.25 / 12 * 86400
        self.assertAlmostEqual(per_month, 2, delta=0.3)
        self.assertLess(series["test"]["p"], 1e-6)
        learning = found["learning"]
        self.assertEqual((learning["target"], learning["task"], learning["rows"]), ("sales", "regress", self.N))
        self.assertEqual([f["column"] for f in learning["features"]][0], "price")
        self.assertEqual({m["method"] for m in found["run"]["methods"]},
                         {"lagoon.Statistics.summarize", "lagoon.Statistics.correlate", "lagoon.TimeSeries.examine",
                          "lagoon.Learning.fit_forest", "lagoon.Learning.fit_linear"})
        self.assertEqual(found["run"]["copied_bytes"], 0, "columns go to the services by reference")
        page = (self.folder / "r.html").read_text()
        for words in ("sales: season", "What tells sales", "lagoon.TimeSeries.examine"):
            self.assertIn(words, page)

    def test_rows_out_of_order_are_taken_in_the_order_of_time(self):
        straight = self.ok_json("analyze", self.sales(), "--time", "month", "--json")
        mixed = self.ok_json("analyze", self.sales(shuffle=True), "--time", "month", "--json")
        self.assertEqual(straight["series"], mixed["series"])
        self.assertEqual((straight["notes"], mixed["notes"]),
                         ([], ["rows were not in the order of 'month'; they are taken in it"]))

    def test_without_time_and_target_there_are_columns_only(self):
        found = self.ok_json("analyze", self.sales(), "--json")
        self.assertEqual((found["series"], found["learning"]), ([], None))

    def test_mistakes_name_the_column(self):
        self.fails(INPUT, "no column 'sale'; did you mean 'sales'?", "analyze", self.sales(), "--target", "sale")
        self.fails(INPUT, "no column 'mont'; did you mean 'month'?", "analyze", self.sales(), "--time", "mont")
        bad = self.write("bad.csv", "when,x\n2001-01-01,1\nyesterday,2\n")
        self.fails(INPUT, "bad.csv:3: column 1 'when': 'yesterday'", "analyze", bad, "--time", "when")
        alone = self.write("alone.csv", "x\n1\n2\n")
        self.fails(INPUT, "beside 'x' there is no column of numbers", "analyze", alone, "--target", "x")

    def test_what_cannot_be_computed_is_said_and_the_rest_is_there(self):
        short = self.write("short.csv", "t,x,y\n1,2,3\n2,3,5\n3,4,9\n")
        found = self.ok_json("analyze", short, "--time", "t", "--period", 12, "--json")
        self.assertEqual(len(found["columns"]), 2)
        self.assertIn("decomposition", " ".join(found["series"][0]["notes"]))
        self.assertAlmostEqual(found["series"][0]["line"]["slope"], 1)


class SeriesInTime(CommandTest):
    def weekly(self):
        gauss = noise(3)
        lines = [f"{5 + 0.01 * i + 2 * math.sin(2 * math.pi * i / 7) + 0.1 * gauss():.6f}" for i in range(210)]
        return self.write("weekly.csv", "x\n" + "\n".join(lines) + "\n")

    def test_period_trend_and_parts_are_found(self):
        found = self.ok_json("series", self.weekly(), "--json", "--parts", "parts.csv", "--report", "r.html")["series"]
        self.assertEqual(found["period"], 7)
        self.assertGreater(found["seasonal_strength"], 0.9)
        self.assertAlmostEqual(found["robust"]["slope"], 0.01, delta=0.001)
        self.assertAlmostEqual(found["autocorrelation"][0], 1)
        header, *rows = (self.folder / "parts.csv").read_text().splitlines()
        self.assertEqual(header, "x,trend,season,remainder")
        for row in rows:
            x, *parts = map(float, row.split(","))
            self.assertAlmostEqual(x, sum(parts), places=9)

    def test_the_column_is_asked_for_when_there_are_several(self):
        name = self.write("two.csv", "a,b\n1,2\n2,3\n")
        self.fails(USAGE, "--column is missing; there are a, b", "series", name)

    def test_noise_has_no_parts(self):
        gauss = noise(4)
        name = self.write("noise.csv", "x\n" + "\n".join(f"{gauss():.6f}" for _ in range(200)) + "\n")
        self.assertIn("none stands out of the noise", self.ok("series", name))
        self.fails(INPUT, "has no period to decompose by", "series", name, "--parts", "parts.csv")


class Learn(CommandTest):
    def flowers(self, n=150, name="flowers.csv"):
        gauss = noise(5)
        rows = []
        for i in range(n):
            kind = i % 3
            rows.append(f"{kind + 0.3 * gauss():.5f},{2 * kind + 0.3 * gauss():.5f},{gauss():.5f},{kind}")
        return self.write(name, "length,width,luck,kind\n" + "\n".join(rows) + "\n")

    def test_a_forest_is_learned_saved_and_used(self):
        found = self.ok_json("learn", self.flowers(), "--target", "kind", "--folds", 5, "--save", "kind.lagoon", "--json")
        self.assertEqual((found["schema"], found["model"]), ("lagoon.learning", "forest"))
        result = found["result"]
        self.assertEqual((result["task"], result["classes"]), ("classify", [0, 1, 2]))
        self.assertGreater(result["out_of_bag_score"], 0.95)
        self.assertGreater(result["validation"]["mean"], 0.95)
        self.assertEqual(result["importances"].index(min(result["importances"])), 2, "luck tells nothing")
        self.write("new.csv", "length,width,luck\n0,0,0\n2.1,3.9,5\n,1,1\n")
        self.ok("learn", "new.csv", "--use", "kind.lagoon", "--predictions", "kinds.csv")
        header, *rows = (self.folder / "kinds.csv").read_text().splitlines()
        self.assertEqual(header.split(",")[0], "kind")
        self.assertEqual([r.split(",")[0] for r in rows], ["0", "2", ""], "a row with a missing value has no prediction")

    def test_a_linear_model_says_what_is_certain(self):
        gauss = noise(6)
        rows = "".join(f"{x},{z:.6f},{3 + 2 * x + 0.01 * gauss():.6f}\n" for x, z in ((i, gauss()) for i in range(50)))
        found = self.ok_json("learn", self.write("line.csv", "x,z,y\n" + rows), "--target", "y", "--model", "linear", "--json")
        fit = found["result"]["fit"]
        self.assertAlmostEqual(fit["coefficients"][0], 2, delta=0.001)
        self.assertLess(fit["p"][0], 1e-20)
        self.assertGreater(fit["p"][1], 1e-4)

    def test_clusters_are_found_and_written(self):
        name = self.flowers()
        text = self.ok("learn", name, "--columns", "length,width", "--clusters", 3, "--predictions", "clusters.csv")
        self.assertIn("squared distances", text)
        labels = (self.folder / "clusters.csv").read_text().splitlines()[1:]
        self.assertEqual(len(set(zip(labels, [i % 3 for i in range(150)]))), 3, "clusters are the kinds")
        dense = self.ok_json("learn", name, "--columns", "length,width", "--model", "dbscan", "--radius", 0.5, "--json")
        self.assertEqual(dense["result"]["clusters"], 3)
        merged = self.ok_json("learn", name, "--columns", "length,width", "--model", "agglomerative", "--clusters", 3,
                              "--json")
        self.assertEqual(merged["model"], "agglomerative")

    def test_components_are_found(self):
        found = self.ok_json("learn", self.flowers(), "--columns", "length,width", "--model", "pca", "--json")
        self.assertGreater(found["result"]["fit"]["ratios"][0], 0.9)

    def test_the_same_seed_gives_the_same_file(self):
        name = self.flowers()
        for cores, model in ((1, "a.lagoon"), (2, "b.lagoon")):
            self.ok("learn", name, "--target", "kind", "--save", model, "--workers", cores)
        self.assertEqual((self.folder / "a.lagoon").read_bytes(), (self.folder / "b.lagoon").read_bytes())

    def test_what_does_not_go_together_is_refused(self):
        name = self.flowers()
        self.fails(USAGE, "how many clusters?", "learn", name)
        self.fails(USAGE, "forest needs a --target", "learn", name, "--model", "forest")
        self.fails(USAGE, "dbscan needs a --radius", "learn", name, "--model", "dbscan")
        self.fails(USAGE, "--use applies a model that is there", "learn", name, "--use", "x", "--target", "kind")
        self.fails(INPUT, "no such file", "learn", name, "--use", "none.lagoon", "--predictions", "p.csv")

    def test_a_spoiled_model_is_refused(self):
        self.ok("learn", self.flowers(), "--target", "kind", "--save", "kind.lagoon")
        whole = (self.folder / "kind.lagoon").read_bytes()
        self.write("cut.lagoon", whole[:-10])
        self.write("changed.lagoon", whole[:-1] + bytes([whole[-1] ^ 1]))
        for spoiled in ("cut.lagoon", "changed.lagoon", "flowers.csv"):
            self.fails(INPUT, f"{spoiled}: ", "learn", "flowers.csv", "--columns", "length,width,luck", "--use", spoiled,
                       "--predictions", "p.csv")


class Watch(CommandTest):
    """A level that jumps once."""

    def points(self, n=1500, jump=1200):
        gauss = noise(7)
        rows = [f"2024-01-01T{i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}Z,{20 + (15 if i >= jump else 0) + gauss():.4f}"
                for i in range(n)]
        return "time,celsius\n" + "\n".join(rows) + "\n"

    def verdicts(self, *args, **options):
        return [json.loads(line) for line in self.ok("watch", *args, **options).splitlines()]

    def test_every_row_gets_one_verdict(self):
        found = self.verdicts("--window", "1m", input=self.points().encode())
        self.assertEqual(len(found), 1500)
        self.assertEqual(found[0]["time"], "2024-01-01T00:00:00Z")
        alarms = [i for i, v in enumerate(found) if v["anomaly"]]
        self.assertTrue(1200 <= alarms[0] < 1210, alarms)
        self.assertLess(len(alarms), 5)
        self.assertEqual(found[600]["window"]["count"], 60)

    def test_anomalies_alone_and_series_by_key(self):
        gauss = noise(9)
        rows = "".join(f"{i},{name},{(50 if name == 'b' and i == 900 else 0) + gauss():.4f}\n"
                       for i in range(1000) for name in "ab")
        self.write("two.csv", "t,who,x\n" + rows)
        found = self.verdicts("two.csv", "--series", "who", "--value", "x", "--anomalies")
        self.assertTrue(all(v["anomaly"] for v in found))
        self.assertIn(("b", 900), [(v["series"], v["time"]) for v in found])
        self.assertLess(len(found), 4, "noise gives an alarm in ten thousand points")

    def test_rows_out_of_order_wait_for_one_another(self):
        order = list(range(200))
        for i in range(0, 200, 4):
            order[i], order[i + 3] = order[i + 3], order[i]
        text = "t,x\n" + "".join(f"{t},{t % 5}\n" for t in order)
        waited = self.verdicts("--lateness", "5s", input=text.encode())
        self.assertEqual([v["time"] for v in waited], list(range(200)))
        self.assertFalse(any(v["late"] for v in waited))
        hasty = self.verdicts(input=text.encode())
        self.assertEqual(len(hasty), 200)
        self.assertTrue(any(v["late"] for v in hasty))

    def test_a_state_goes_on_where_it_ended(self):
        header, *rows = self.points().splitlines()
        whole = self.verdicts(input="\n".join([header, *rows]).encode())
        first = self.verdicts("--state", "s.lagoon", input="\n".join([header, *rows[:700]]).encode())
        second = self.verdicts("--state", "s.lagoon", input="\n".join([header, *rows[700:]]).encode())
        self.assertEqual(first + second, whole)

    def test_a_state_that_is_none_is_refused_and_kept(self):
        for spoiled in (b"", b"nonsense"):
            self.write("s.lagoon", spoiled)
            done = self.run_command("watch", "--state", "s.lagoon", input=self.points(10, 5).encode())
            self.assertEqual(done.returncode, INPUT, done.stderr)
            self.assertEqual((self.folder / "s.lagoon").read_bytes(), spoiled)

    def test_a_growing_file_is_followed_until_ctrl_c(self):
        text = self.points(400)
        self.write("grows.csv", text[:5000])
        running = subprocess.Popen([LAGOON, "watch", "grows.csv", "--follow"], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(running.kill)
        seen = running.stdout.readline()
        with open(self.folder / "grows.csv", "a") as grows:
            grows.write(text[5000:])
        lines = [seen] + [running.stdout.readline() for _ in range(399)]
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=30)
        self.assertEqual((running.returncode, rest), (0, b""), errors)
        self.assertEqual(len([json.loads(line) for line in lines]), 400)
        self.assertIn(b"400 points", errors)

    def test_no_more_is_read_than_is_taken(self):
        running = subprocess.Popen([LAGOON, "watch"], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(running.kill)
        os.set_blocking(running.stdin.fileno(), False)
        text = b"t,x\n" + b"".join(b"%d,1\n" % i for i in range(200_000))
        sent = 0
        while sent < len(text) and select.select([], [running.stdin], [], 1)[1]:  # until nothing is taken for a second
            sent += os.write(running.stdin.fileno(), text[sent:])
        self.assertLess(sent, len(text) // 2, "output is not read, so input waits")
        running.kill()
        running.communicate()

    def test_bad_rows_end_with_their_place(self):
        for text, words in (("t,x\n1,2\n2,high\n", "standard input:3: column 2 'x': 'high' is not a number"),
                            ("t,x\n1,2\nsoon,3\n", "standard input:3: column 1 't': 'soon' is neither"),
                            ("t,x\n1,2\n2\n", "standard input:3: 1 field"),
                            ("t\n1\n", "one column is not enough"),
                            ("", "the file is empty")):
            done = self.run_command("watch", input=text.encode())
            self.assertEqual(done.returncode, INPUT, done.stderr)
            self.assertIn(words, done.stderr.decode())
        self.fails(USAGE, "--follow is for a file", "watch", "--follow")
        self.fails(INPUT, "none.csv: ", "watch", "none.csv")
