# SPDX-License-Identifier: Apache-2.0
"""`lagoon images` from outside: what is made of a folder, what is refused, and what is left after an interruption."""

import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import time
import zlib

from command import LAGOON, CommandTest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
from browser import seen_in_browser  # noqa: E402

USAGE, INPUT, INTERRUPTED = 2, 3, 130


def png(columns, rows, seed=0):
    """Smooth colours, so that a JPEG of them is small."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    lines = b""
    for i in range(rows):
        red, blue = (i * 255 // rows + seed) % 256, (seed * 37) % 256
        line = bytearray(3 * columns)
        line[0::3] = bytes([red]) * columns
        line[1::3] = bytes(j * 255 // columns for j in range(columns))
        line[2::3] = bytes([blue]) * columns
        lines += b"\0" + bytes(line)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 1)) + chunk(b"IEND", b"")


def bomb():
    """Says that it has 60,000 x 60,000 pixels, and has none."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
            + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))


def kind(path):
    """Format of a file by its first bytes."""
    begin = path.read_bytes()[:12]
    return ("jpeg" if begin.startswith(b"\xff\xd8\xff") else "png" if begin.startswith(b"\x89PNG") else
            "webp" if begin[8:12] == b"WEBP" else "tiff" if begin[:4] in (b"II*\0", b"MM\0*") else "?")


def png_size(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


class ImagesTest(CommandTest):
    def put(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def tree(self, folder="out", hidden=False):
        """Names of files below, and their bytes."""
        root = self.folder / folder
        return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*"))
                if p.is_file() and (hidden or not p.name.startswith("."))}

    def lines(self, *args, code=0):
        done = self.run_command("images", *args, "--json")
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return [json.loads(line) for line in done.stdout.decode().splitlines()]


def is_pending(process, number):
    """Whether a signal has been sent to the process and not yet been taken."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return any(line.startswith("ShdPnd:") and int(line.split()[1], 16) >> (number - 1) & 1 for line in lines)


class Images(ImagesTest):
    def test_one_photograph(self):
        self.put("a.png", png(40, 30))
        said = self.ok("images", "a.png", "small.jpg", "--size", "20x20", "--sharpen", "0.5", "--quality", "90")
        self.assertRegex(said, r"^1 photograph made in ")
        self.assertEqual(kind(self.folder / "small.jpg"), "jpeg")
        self.ok("images", "a.png", "to/", "--size", "20x20")
        self.assertEqual(png_size(self.folder / "to/a.png"), (20, 15))
        self.ok("images", "to/a.png", "large.png", "--size", "40x60", "--exact", "--enlarge")
        self.assertEqual(png_size(self.folder / "large.png"), (40, 60))
        self.ok("images", "a.png", "filled.png", "--size", "10x10", "--fill")
        self.assertEqual(png_size(self.folder / "filled.png"), (10, 10))
        self.ok("images", "a.png", "same.png", "--size", "400x300")
        self.assertEqual(png_size(self.folder / "same.png"), (40, 30))
        self.fails(INPUT, "b.xyz: the ending says no format", "images", "a.png", "b.xyz")
        self.fails(USAGE, "--resume is for folders", "images", "a.png", "b.png", "--resume")

    def test_formats_become_each_other(self):
        self.put("in/a.png", png(33, 17))
        for there, ending in (("jpeg", "jpg"), ("webp", "webp"), ("tiff", "tif"), ("png", "png")):
            self.ok("images", "in", there, "--format", there)
            self.assertEqual(kind(self.folder / there / f"a.{ending}"), there)
            self.ok("images", there, there + "-back", "--format", "png")
            self.assertEqual(png_size(self.folder / (there + "-back") / "a.png"), (33, 17))
        self.assertEqual(self.tree("png-back"), self.tree("tiff-back"))  # neither loses anything

    def test_a_folder_is_mirrored(self):
        names = ["b.png", "deep/er/than that/ä ö %41 写真.png", "deep/x.PNG", " leading.png", "new\nline.png"]
        for i, name in enumerate(names):
            self.put("in/" + name, png(20 + i, 10))
        self.put("in/notes.txt", b"no photograph")
        self.put("in/.hidden.png", png(5, 5))
        self.put("in/.thumbs/x.png", png(5, 5))
        os.symlink("..", self.folder / "in/deep/loop")
        os.symlink("../in", self.folder / "in/again")
        os.symlink("er", self.folder / "in/deep/also")
        elsewhere = self.put("elsewhere/z.png", png(9, 9)).parent
        os.symlink(elsewhere, self.folder / "in/linked")
        os.mkfifo(self.folder / "in/pipe.png")
        lines = self.lines("in", "out", "--size", "10x10")
        self.assertEqual(sorted(self.tree()), sorted(names + ["linked/z.png"]))
        self.assertEqual(sorted(l["name"] for l in lines[:-1]), sorted(names + ["linked/z.png"]))
        self.assertEqual([l["processed"] for l in lines[:-1]], list(range(1, 7)))
        self.assertEqual((lines[-2]["progress"], lines[-1]["schema"], lines[-1]["made"]), (1, "lagoon.images", 6))
        # A folder inside the one that is read is not read itself.
        self.lines("in", "in/out", "--size", "10x10")
        lines = self.lines("in", "in/out", "--size", "10x10")
        self.assertEqual(lines[-1]["made"], 6)

    def test_what_is_wrong_with_one_does_not_stop_the_others(self):
        good = {f"{i}.png": png(30, 20, i) for i in range(5)}
        for name, content in good.items():
            self.put("in/" + name, content)
        self.put("in/empty.jpg", b"")
        self.put("in/text.jpg", b"this is no photograph")
        self.put("in/bomb.png", bomb())
        self.put("in/half.png", png(300, 200)[:400])
        os.symlink("nowhere", self.folder / "in/dangling.png")
        done = self.run_command("images", "in", "out", "--format", "jpeg", "--json")
        errors = done.stderr.decode()
        self.assertEqual(done.returncode, INPUT, errors)
        self.assertEqual(sorted(self.tree()), [f"{i}.jpg" for i in range(5)])
        summary = json.loads(done.stdout.decode().splitlines()[-1])
        wrong = ["bomb.png", "dangling.png", "empty.jpg", "half.png", "text.jpg"]
        self.assertEqual([f["name"] for f in summary["failures"]], wrong)
        self.assertIn("5 photographs failed", errors)
        for name in wrong:
            self.assertIn(name, errors)

    def test_a_damaged_file_is_made_as_far_as_it_goes_and_that_is_said(self):
        self.put("in/a.png", png(200, 200))
        self.ok("images", "in", "jpeg", "--format", "jpeg")
        whole = (self.folder / "jpeg/a.jpg").read_bytes()
        self.put("cut/a.jpg", whole[:len(whole) * 2 // 3])
        done = self.run_command("images", "cut", "out", "--json")
        self.assertEqual(done.returncode, 0)
        self.assertIn("1 photograph made with warnings", done.stderr.decode())
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertIn("Premature end", lines[0]["warnings"][0])
        self.assertEqual(lines[1]["with_warnings"], 1)

    def test_an_unreadable_file_and_a_read_only_folder(self):
        self.put("in/a.png", png(10, 10))
        self.put("in/secret.png", png(10, 10)).chmod(0)
        self.put("in/locked/x.png", png(10, 10)).parent.chmod(0)
        (self.folder / "no").mkdir(mode=0o555)
        options = {}
        if os.geteuid() == 0:  # who may do everything
            os.chmod(self.folder, 0o777)
            options = {"user": 65534, "group": 65534, "extra_groups": []}
        try:
            self.fails(INPUT, "no/.lagoon-images: cannot be written: Permission denied", "images", "in", "no", **options)
        except PermissionError:
            self.skipTest("nobody may not start the command where it lies")
        self.fails(INPUT, "no/to/: the folder cannot be made: Permission denied", "images", "in", "no/to", **options)
        done = self.run_command("images", "in", "out", **options)
        self.assertEqual(done.returncode, INPUT)
        self.assertIn("2 photographs failed", done.stderr.decode())
        self.assertIn("secret.png", done.stderr.decode())
        self.assertIn("locked/: Permission denied", done.stderr.decode())
        self.assertEqual(sorted(self.tree()), ["a.png"])

    def test_no_input_is_ever_written_over(self):
        a = self.put("in/a.png", png(10, 10))
        before = self.tree("in", hidden=True)
        self.fails(INPUT, "it is the folder that is read", "images", "in", "in")
        self.fails(INPUT, "it is the folder that is read", "images", "in", "in/../in/")
        self.fails(INPUT, "would be written over an input", "images", "in/a.png", "in/a.png")
        self.fails(INPUT, "would be written over an input", "images", "in/a.png", "in")
        (self.folder / "out").mkdir()
        os.link(a, self.folder / "out/a.png")
        self.fails(INPUT, "would be written over an input", "images", "in", "out")
        os.unlink(self.folder / "out/a.png")
        os.symlink("../in/a.png", self.folder / "out/a.png")
        self.fails(INPUT, "would be written over an input", "images", "in", "out")
        self.assertEqual(self.tree("in", hidden=True), before)

    def test_two_of_one_name_are_refused_before_anything_is_written(self):
        self.put("in/a.png", png(10, 10))
        self.ok("images", "in", "jpeg", "--format", "jpeg")
        (self.folder / "jpeg/a.jpg").rename(self.folder / "in/a.jpeg")
        self.fails(INPUT, "a.jpeg and a.png would both become a.webp; nothing was written", "images", "in", "out", "--format", "webp")
        self.ok("images", "in", "out")
        self.assertEqual(sorted(self.tree()), ["a.jpeg", "a.png"])

    def test_mistakes_are_said(self):
        self.put("in/a.txt", b"")
        self.fails(INPUT, "there are no photographs in it (1 other files", "images", "in", "out")
        self.fails(INPUT, "nowhere: No such file", "images", "nowhere", "out")
        self.put("in/a.png", png(10, 10))
        self.put("file", b"")
        self.fails(INPUT, "it is a file", "images", "in", "file")
        self.fails(USAGE, "'800' is not a size", "images", "in", "out", "--size", "800")
        self.fails(USAGE, "'0x5' is not a size", "images", "in", "out", "--size", "0x5")
        self.fails(USAGE, "which is missing", "images", "in", "out", "--fill")
        self.fails(USAGE, "excludes", "images", "in", "out", "--size", "8x6", "--fill", "--exact")
        self.fails(USAGE, "--quality", "images", "in", "out", "--quality", "101")
        self.fails(USAGE, "--format", "images", "in", "out", "--format", "gif")
        self.fails(USAGE, "did you mean --sharpen?", "images", "in", "out", "--sharpn", "1")

    def test_a_dry_run_writes_nothing(self):
        self.put("in/a.png", png(10, 10))
        self.put("in/b/c.png", png(10, 10))
        said = self.ok("images", "in", "out", "--format", "jpeg", "--dry-run")
        self.assertEqual(said, "in/a.png -> out/a.jpg\nin/b/c.png -> out/b/c.jpg\n2 photographs to be made\n")
        self.assertEqual(self.lines("in", "out", "--dry-run")[1], {"event": "planned", "name": "b/c.png", "output": "b/c.png"})
        self.assertFalse((self.folder / "out").exists())

    def test_resume_makes_what_is_missing_old_or_different(self):
        for name in "abcd":
            self.put(f"in/{name}.png", png(20, 20, ord(name)))
        options = ("in", "out", "--size", "10x10")
        self.ok("images", *options)
        made = lambda *more: sorted(l["name"] for l in self.lines(*options, "--resume", *more)[:-1])
        self.assertEqual(made(), [])
        (self.folder / "out/a.png").unlink()
        self.put("out/b.png", b"somebody wrote into it")
        self.put("in/c.png", png(20, 20, 99))
        os.utime(self.folder / "in/d.png", (1, 1))  # another file was moved here, an older one
        self.assertIn("in/a.png", self.ok("images", *options, "--resume", "--dry-run"))
        self.assertEqual(made(), ["a.png", "b.png", "c.png", "d.png"])
        self.assertEqual(made(), [])
        self.assertEqual(made("--sharpen", "1"), ["a.png", "b.png", "c.png", "d.png"])
        self.assertEqual(made("--sharpen", "1"), [])
        self.assertEqual(made(), ["a.png", "b.png", "c.png", "d.png"])
        with open(self.folder / "out/.lagoon-images", "a") as record:
            record.write("made torn")
        self.assertEqual(made(), [])
        (self.folder / "out/.lagoon-images").unlink()
        self.assertEqual(len(made()), 4)

    def test_bytes_are_the_same_for_any_number_of_workers(self):
        for i in range(7):
            self.put(f"in/{i}.png", png(200 + i, 150, i))
        recipe = ("--size", "90x90", "--sharpen", "0.7", "--brightness", "1.1", "--format", "jpeg")
        for workers in (1, 2, 5):
            self.ok("images", "in", f"out{workers}", *recipe, "--workers", workers)
        self.assertEqual(self.tree("out1"), self.tree("out2"))
        self.assertEqual(self.tree("out1"), self.tree("out5"))

    def test_an_interrupted_run_goes_on_with_resume(self):
        picture = png(1500, 1000)
        for i in range(40):
            self.put(f"in/{i:02}.png", picture)
        options = ("--size", "700x700", "--format", "png", "--sharpen", "0.5", "--workers", "2")
        command = [LAGOON, "images", "in", "out", *options]
        process = subprocess.Popen([*command, "--json"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()  # the first photograph has ended: the work is in full swing
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED, err.decode())
        self.assertIn("with --resume goes on", err.decode())
        summary = json.loads(out.decode().splitlines()[-1])
        self.assertTrue(summary["interrupted"])
        self.assertEqual((summary["failed"], len(self.tree())), (0, summary["made"]))
        self.assertLess(summary["made"], 40)
        self.assertEqual([n for n in self.tree(hidden=True) if pathlib.Path(n).name.startswith(".")], [".lagoon-images"])
        rest = self.lines("in", "out", *options, "--resume")
        self.assertEqual((rest[-1]["up_to_date"], rest[-1]["made"]), (summary["made"], 40 - summary["made"]))
        self.ok("images", "in", "whole", *options)
        self.assertEqual(self.tree(), self.tree("whole"))

    def test_a_second_signal_ends_at_once(self):
        picture = png(3000, 2000)
        for i in range(8):
            self.put(f"in/{i:02}.png", picture)
        process = subprocess.Popen([LAGOON, "images", "in", "out", "--format", "webp", "--json"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        while is_pending(process, signal.SIGINT):  # two signals of one kind at once are one
            pass
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        process.communicate(timeout=20)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertIn(process.returncode, (-signal.SIGINT, INTERRUPTED))
        for name, content in self.tree(hidden=True).items():
            self.assertTrue(name == ".lagoon-images" or content[8:12] == b"WEBP", name)

    def test_progress_is_json_when_asked(self):
        for i in range(3):
            self.put(f"in/{i}.png", png(50, 50))
        done = self.run_command("images", "in", "out", "--progress", "json", "--size", "20x20")
        last = json.loads(done.stderr.decode().splitlines()[-1])
        self.assertEqual((last["stage"], last["done"], last["total"]), ("photographs", 3, 3))

    def test_the_report_has_a_contact_sheet(self):
        for i in range(70):
            self.put(f"in/{i:02}.png", png(64, 48, i))
        self.put("in/<b>.png", b"broken")
        done = self.run_command("images", "in", "out", "--size", "32x32", "--report", "r.html")
        self.assertEqual(done.returncode, INPUT)
        page = (self.folder / "r.html").read_text()
        self.assertEqual(page.count("data:image/jpeg;base64,"), 59)  # one of the sixty is broken
        self.assertNotIn("<b>.png", page)
        seen = seen_in_browser(page, self.folder)
        if seen:
            self.assertEqual((seen[0]["errors"], seen[0]["thumbnails"], seen[0]["plots"]), ("0", "59", seen[0]["plots-drawn"]))
