# SPDX-License-Identifier: Apache-2.0
"""The HTML report in a browser: plots have ink, and nothing comes from outside."""

import html.parser
import json
import pathlib
import re
import sys

from command import CommandTest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
from browser import seen_in_browser  # noqa: E402


class References(html.parser.HTMLParser):
    """Everything in a page that makes a browser fetch something."""

    def __init__(self):
        super().__init__()
        self.found, self.scripts, self.styles, self.inside = [], [], [], None

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        for name, value in attributes:
            if name in ("src", "href", "srcset", "data", "poster", "action") and not (value or "").startswith(("data:", "#")):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_data(self, data):
        if self.inside == "style":
            self.styles.append(data)


class Report(CommandTest):
    def page(self, *options):
        lines = ["x,y,weight (kg),flat,when"]
        lines += [f"{i % 31},{i * i % 97},{'' if i % 9 == 0 else i / 7:.8},5,2001-02-{i % 28 + 1:02}" if i % 9 else
                  f"{i % 31},{i * i % 97},,5,2001-02-03" for i in range(2000)]
        self.write("t.csv", "\n".join(lines) + "\n")
        self.ok("analyze", "t.csv", "--report", "r.html", *options)
        return (self.folder / "r.html").read_text()

    def in_browser(self, page):
        """The data-* attributes of the body after all scripts ran."""
        seen = seen_in_browser(page, self.folder)
        if not seen:
            self.skipTest("no Chromium: apt-get install chromium")
        return seen[0]

    def test_refers_to_nothing_outside(self):
        page = self.page()
        references = References()
        references.feed(page)
        self.assertEqual(references.found, [])
        for style in references.styles:
            self.assertNotRegex(style, r"url\(|@import")

    def test_plots_are_drawn(self):
        seen = self.in_browser(self.page())
        self.assertEqual(seen["errors"], "0")
        self.assertEqual(seen["fetched"], "0")
        self.assertEqual(seen["rows"], "4")
        self.assertGreaterEqual(int(seen["plots"]), 4 + 1, "a histogram per column, quartiles")
        self.assertEqual(seen["plots-drawn"], seen["plots"])
        self.assertEqual(seen["heat-cells"], "16")
        for section in ("columns", "histograms", "quartiles", "correlation", "timeline", "run"):
            self.assertIn(section, seen["shown"].split())

    def test_names_cannot_break_out(self):
        self.write("t.csv", 'a,"</script><img src=x onerror=alert(1)>","<!--"\n1,2,3\n2,3,5\n')
        self.ok("analyze", "t.csv", "--report", "r.html")
        page = (self.folder / "r.html").read_text()
        self.assertNotIn("<img", page)
        self.assertEqual(self.in_browser(page)["errors"], "0")

    def test_a_single_constant_column_is_no_trouble(self):
        self.write("t.csv", "x\n5\n5\n")
        self.ok("analyze", "t.csv", "--report", "r.html")
        seen = self.in_browser((self.folder / "r.html").read_text())
        self.assertEqual((seen["errors"], seen["plots-drawn"]), ("0", seen["plots"]))

    def test_data_is_json(self):
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', self.page(), re.S).group(1)
        self.assertEqual(len(json.loads(data)["columns"]), 4)
