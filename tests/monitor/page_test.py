#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of a pool's run in a browser: plots have ink, names stay names, and nothing comes from outside."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
from browser import seen_in_browser  # noqa: E402


class Page(unittest.TestCase):
    def seen(self, kind):
        page = subprocess.run([os.environ["LAGOON_PAGE_WRITER"], kind], capture_output=True, check=True).stdout.decode()
        with tempfile.TemporaryDirectory(prefix="lagoon-page-", ignore_cleanup_errors=True) as folder:
            seen = seen_in_browser(page, pathlib.Path(folder))
        if not seen:
            self.skipTest("no Chromium: apt-get install chromium")
        self.assertEqual(seen[0]["errors"], "0")
        self.assertEqual(seen[0]["fetched"], "0")
        self.assertEqual(seen[0]["plots-drawn"], seen[0]["plots"])
        return seen

    def test_all_parts_are_drawn_whatever_the_names(self):
        seen, dom = self.seen("full")
        self.assertEqual(seen["plots"], "6", "five plots over time and the timeline")
        for section in ("warnings", "rates", "methods", "workers", "graphs", "timeline", "run"):
            self.assertIn(section, seen["shown"].split())
        self.assertNotIn("<img", dom)
        self.assertEqual(dom.count("<rect"), 3, "nodes of the graph")
        self.assertIn("lab.Stats.sum&lt;int&gt;</td>", dom)
        self.assertIn("&lt;/script&gt;&lt;script&gt;throw 1&lt;/script&gt;</td>", dom)

    def test_a_run_in_which_nothing_happened_is_a_page(self):
        self.assertEqual(self.seen("empty")[0]["shown"].split(), ["run"])


if __name__ == "__main__":
    unittest.main()
