# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share: running it, and a folder for its files."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

LAGOON = os.environ.get("LAGOON_COMMAND", "lagoon")
DATA = pathlib.Path(os.environ.get("LAGOON_DATA", "build/data"))


class CommandTest(unittest.TestCase):
    """Each test works in a fresh folder."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lagoon-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def run_command(self, *args, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        if "input" in options:
            del options["stdin"]
        environment = {**os.environ, **options.pop("environment", {})}
        return subprocess.run([LAGOON, *map(str, args)], cwd=self.folder, capture_output=True, timeout=120,
                              env=environment, **options)

    def ok(self, *args, **options):
        """Standard output of a run that succeeds."""
        done = self.run_command(*args, **options)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stdout.decode()

    def ok_json(self, *args, **options):
        return json.loads(self.ok(*args, **options))

    def fails(self, code, text, *args, **options):
        """A run that ends with the code, says the text on stderr, and leaves nothing on stdout and no file behind."""
        before = sorted(p.name for p in self.folder.iterdir())
        done = self.run_command(*args, **options)
        errors = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, code, errors)
        self.assertIn(text, errors)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), before)
        return errors
