# SPDX-License-Identifier: Apache-2.0
"""`lagoon md` from outside: run files with faults, files of a run, interrupts and what comes after them."""

import csv
import json
import pathlib
import re
import signal
import subprocess
import sys

from command import LAGOON, CommandTest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
from browser import seen_in_browser  # noqa: E402

FAILED, USAGE, INPUT, LIMIT, INTERRUPTED = 1, 2, 3, 4, 130

RUN = """
[system]
lattice = "fcc"
cells = {cells}
spacing = 0.55
mass = 39.948
units = "nano"
temperature = 120
seed = 3

[model]
types = [{{name = "Ar", epsilon = 0.996, sigma = 0.3405}}]
cutoff = 0.8
truncation = "shifted"

[run]
steps = {steps}
time_step = {time_step}

[output]
every = {every}
print = 50
energies = "energies.csv"
trajectory = {{file = "{trajectory}", every = 20}}
checkpoint = {{file = "state.checkpoint", every = 50}}
final = "final.xyz"
{more}
"""


def run_text(cells=4, steps=200, time_step=0.002, every=10, trajectory="trajectory.xyz", more=""):
    return RUN.format(cells=cells, steps=steps, time_step=time_step, every=every, trajectory=trajectory, more=more)


class Dynamics(CommandTest):
    THERMOSTAT = '[thermostat]\nkind = "langevin"\ntemperature = 120\nfriction = 1\n'

    def names(self, folder=""):
        return sorted(p.name for p in (self.folder / folder).iterdir())

    def bytes_of(self, *names):
        return {name: (self.folder / name).read_bytes() for name in names}

    def test_faults_of_run_files_have_a_line(self):
        self.fails(INPUT, "no such file", "md", "none.toml")
        good = run_text()
        for wrong, said in (
            (good.replace("spacing", "spaceing"), "r.toml:5:1: [system] has no key 'spaceing'; did you mean 'spacing'?"),
            (good.replace("cutoff = 0.8", "cutoff = 0"), "r.toml:13:10: cutoff is 0; wanted: a number above 0"),
            (good.replace("cutoff = 0.8", "cutoff = 8"), "r.toml:11: "),
            (good.replace("[run]", "[run"), "r.toml:16:"),
            (good + "[thermostat]\nkind = \"nose\"\n", "kind is 'nose'; wanted: 'langevin' or 'velocity_rescaling'"),
            ("", "r.toml:1:1: the section [system] is missing"),
        ):
            self.fails(INPUT, said, "md", self.write("r.toml", wrong))
        self.fails(USAGE, "file is required", "md")
        self.fails(USAGE, "no option --resum; did you mean --resume?", "md", "r.toml", "--resum")

    def test_inputs_are_never_written_over(self):
        text = run_text().replace('"energies.csv"', '"r.toml"')
        self.fails(INPUT, "the energies would be written over r.toml, which the run reads", "md", self.write("r.toml", text))
        text = run_text().replace('"energies.csv"', '"./final.xyz"')
        self.fails(INPUT, "would both be written to", "md", self.write("r.toml", text))
        self.fails(INPUT, "the report would be written over r.toml", "md", self.write("r.toml", run_text()), "--report", "r.toml")

    def test_a_dry_run_does_nothing(self):
        self.write("r.toml", run_text())
        text = self.ok("md", "r.toml", "--dry-run", "--out", "there")
        self.assertRegex(text, r"particles +256 of 1 type\n")
        self.assertRegex(text, r"temperature +120 K\n")
        self.assertRegex(text, r"energies +there/energies.csv\n")
        plan = self.ok_json("md", "r.toml", "--dry-run", "--json", "--steps", 7)
        self.assertEqual((plan["schema"], plan["particles"], plan["steps"], plan["units"]), ("lagoon.md_plan", 256, 7, "nano"))
        self.assertEqual(self.names(), ["r.toml"])

    def test_a_run_leaves_its_files(self):
        self.write("r.toml", run_text(more='radial_distribution = {file = "g.csv", bins = 20}'))
        text = self.ok("md", "r.toml", "--out", "there", "--report", "r.html")
        self.assertRegex(text, r"^ +step +time +potential +kinetic +total +temperature +pressure\n")
        self.assertEqual(re.findall(r"(?m)^ {6,}(\d+) ", text), ["0", "50", "100", "150", "200"])
        self.assertRegex(text, r"200 steps with 256 particles in .*: [\d.e+]+ steps/s, [\d.e+]+ ns/day\n")
        self.assertEqual(self.names("there"), ["energies.csv", "final.xyz", "g.csv", "state.checkpoint", "trajectory.xyz"])
        with open(self.folder / "there/energies.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(r["step"]) for r in rows], list(range(0, 201, 10)))
        total = [float(r["total"]) for r in rows]
        self.assertLess(max(total) - min(total), 2e-3 * abs(total[0]), "no thermostat: energy is conserved")
        frames = re.findall(r"(?m)^256$", (self.folder / "there/trajectory.xyz").read_text())
        self.assertEqual(len(frames), 11)
        self.assertEqual((self.folder / "there/g.csv").read_text().count("\n"), 21)
        self.assertIn("Radial distribution", (self.folder / "r.html").read_text())

    def test_json_lines(self):
        self.write("r.toml", run_text())
        lines = [json.loads(line) for line in self.ok("md", "r.toml", "--json").splitlines()]
        self.assertEqual([line["schema"] for line in lines], ["lagoon.observation"] * 21 + ["lagoon.md"])
        self.assertEqual([line["step"] for line in lines[:-1]], list(range(0, 201, 10)))
        with open(self.folder / "energies.csv", newline="") as file:
            for line, row in zip(lines, csv.DictReader(file)):
                self.assertEqual(line["total"], float(row["total"]))
        end = lines[-1]
        self.assertEqual((end["particles"], end["first_step"], end["last_step"], end["units"]), (256, 0, 200, "nano"))
        self.assertGreater(end["ns_per_day"], 0)
        self.assertIn({"what": "final state", "file": "final.xyz"}, end["files"])

    def test_the_report_has_its_plots(self):
        self.write("r.toml", run_text(more='report = "r.html"'))
        self.ok("md", "r.toml")
        seen = seen_in_browser((self.folder / "r.html").read_text(), self.folder)
        if not seen:
            self.skipTest("no Chromium: apt-get install chromium")
        self.assertEqual((seen[0]["errors"], seen[0]["fetched"]), ("0", "0"))
        self.assertGreaterEqual(int(seen[0]["plots"]), 5, "energies, drift, temperature, pressure, radial distribution")
        self.assertEqual(seen[0]["plots-drawn"], seen[0]["plots"])

    def interrupted(self, *args, number=signal.SIGINT):
        """A run that gets a signal once it has printed some observations: its code and what it said."""
        process = subprocess.Popen([LAGOON, "md", "r.toml", "--json", *args], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            for _ in range(5):
                self.assertTrue(process.stdout.readline(), "a line for each observation")
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
            return process.returncode, errors.decode()
        finally:
            process.kill()
            process.wait()

    def test_an_interrupted_run_goes_on_to_the_byte(self):
        for trajectory in ("trajectory.xyz", "trajectory.dcd"):
            self.write("r.toml", run_text(cells=7, steps=2000, every=7, trajectory=trajectory, more=self.THERMOSTAT))
            files = ("energies.csv", trajectory, "final.xyz", "state.checkpoint")
            self.ok("md", "r.toml", "--workers", 2)
            whole = self.bytes_of(*files)
            for name in files:
                (self.folder / name).unlink()
            for number, code in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 128 + signal.SIGTERM)):
                options = [] if number == signal.SIGINT else ["--resume"]
                got, said = self.interrupted("--workers", "1", *options, number=number)
                self.assertEqual(got, code, said)
                self.assertRegex(said, r"stopped at step [\d,]+ of 2,000, which is in state.checkpoint\n"
                                       r"go on with: lagoon md r.toml --resume\n")
                self.assertFalse((self.folder / "final.xyz").exists())
            done = self.run_command("md", "r.toml", "--resume")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"going on from step", done.stderr)
            for name, content in self.bytes_of(*files).items():
                self.assertEqual(content == whole[name], True, name)

    def test_what_came_after_the_checkpoint_is_cut_off(self):
        self.write("r.toml", run_text())
        files = ("energies.csv", "trajectory.xyz", "final.xyz")
        self.ok("md", "r.toml")
        whole = self.bytes_of(*files)
        self.ok("md", "r.toml", "--steps", 100)
        for name, row in (("energies.csv", b"110,0.22,1,2,3,4,5,6,7,8,9,10,11,12\n120,0.2"), ("trajectory.xyz", b"256\nLatt")):
            with open(self.folder / name, "ab") as file:
                file.write(row)
        self.ok("md", "r.toml", "--resume")
        self.assertEqual(self.bytes_of(*files), whole)
        done = self.run_command("md", "r.toml", "--resume")
        self.assertIn(b"0 steps", done.stdout)
        self.assertIn(b"state.checkpoint is at step 200 already", done.stderr)
        self.assertEqual(self.bytes_of(*files), whole)

    def test_runs_of_all_kinds_go_on(self):
        rescaling = '[thermostat]\nkind = "velocity_rescaling"\ntemperature = 120\ntime = 0.1\n'
        pressure = "[barostat]\npressure_bar = 100\ntime = 1\ncompressibility = 0.01\n"
        files = ("energies.csv", "trajectory.xyz", "final.xyz")
        for more in (rescaling, self.THERMOSTAT + pressure, rescaling + pressure):
            for precision in ("f64", "mixed"):
                text = run_text(more=more).replace("[run]", f'[run]\nprecision = "{precision}"')
                self.write("r.toml", text)
                self.ok("md", "r.toml")
                whole = self.bytes_of(*files)
                for step in (33, 34, 155):  # somewhere between lists, and one step further
                    self.ok("md", "r.toml", "--steps", step, *(["--resume"] if step != 33 else []))
                self.ok("md", "r.toml", "--resume")
                for name, content in self.bytes_of(*files).items():
                    self.assertEqual(content == whole[name], True, f"{name}, {precision}, {more}")

    def test_only_its_own_run_is_resumed(self):
        self.write("r.toml", run_text())
        self.fails(INPUT, "state.checkpoint", "md", "r.toml", "--resume")
        self.ok("md", "r.toml", "--steps", 100)
        self.write("r.toml", run_text(time_step=0.001))
        self.fails(INPUT, "is of another run: time_step is 0.002 there and 0.001 in r.toml", "md", "r.toml", "--resume")
        self.write("r.toml", run_text())
        self.write("energies.csv", "a,b\n1,2\n")
        self.fails(INPUT, "energies.csv:1: this is no table of energies of a run", "md", "r.toml", "--resume")
        self.write("state.checkpoint", (self.folder / "state.checkpoint").read_bytes()[:-5])
        self.fails(INPUT, "state.checkpoint", "md", "r.toml", "--resume")

    def test_the_same_bytes_for_any_number_of_cores(self):
        self.write("r.toml", run_text(cells=6))
        whole = []
        for workers in (1, 2, 4):
            self.ok("md", "r.toml", "--workers", workers)
            whole.append(self.bytes_of("energies.csv", "trajectory.xyz", "final.xyz", "state.checkpoint"))
        self.assertEqual(whole[0] == whole[1], True)
        self.assertEqual(whole[0] == whole[2], True)

    def test_unstable_runs_say_where_and_keep_the_last_checkpoint(self):
        self.write("r.toml", run_text(time_step=0.002))
        self.ok("md", "r.toml", "--steps", 50)
        kept = self.bytes_of("state.checkpoint")
        self.write("r.toml", run_text(time_step=5))
        done = self.run_command("md", "r.toml")
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertRegex(done.stderr.decode(), r"unstable in step \d+: particle \d+")
        self.assertIn(b"there is no checkpoint of this run yet", done.stderr)
        self.assertEqual(self.bytes_of("state.checkpoint"), kept)

    def test_a_time_that_is_over_leaves_a_checkpoint(self):
        self.write("r.toml", run_text(cells=8, steps=1_000_000))
        done = self.run_command("md", "r.toml", "--timeout", "1s")
        self.assertEqual(done.returncode, LIMIT, done.stderr)
        self.assertIn(b"go on with: lagoon md r.toml --resume", done.stderr)
        self.assertIn("state.checkpoint", self.names())

    def test_minimising_comes_first(self):
        self.write("r.toml", run_text(more="[minimize]\nforce_tolerance = 1\n"))
        done = self.run_command("md", "r.toml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr.decode(), r"at a minimum after [\d,]+ steps?: largest force [\d.e-]+ kJ/mol/nm")
