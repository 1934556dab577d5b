# SPDX-License-Identifier: Apache-2.0
"""What a page is in a browser: headless Chromium runs its scripts, and a probe behind them writes down what it sees."""

import re
import shutil
import subprocess

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Before all scripts of the page, and behind them.
WATCH = """<script>
window.errors = 0;
addEventListener("error", () => { ++window.errors; });
addEventListener("unhandledrejection", () => { ++window.errors; });
for (const kind of ["error", "warn"]) console[kind] = () => { ++window.errors; };
</script>"""
PROBE = """<script>
document.body.dataset.fetched = performance.getEntriesByType("resource").filter((r) => !r.name.startsWith("data:")).length;
document.body.dataset.errors = window.errors;
document.body.dataset.rows = document.querySelectorAll("#columns tbody tr").length;
document.body.dataset.shown = [...document.querySelectorAll("section:not([hidden])")].map((s) => s.id).join(" ");
</script>"""


def seen_in_browser(page, folder):
    """The data-* attributes of the body after all scripts ran, and the whole DOM. None: there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        return None
    page = page.replace("<script type", WATCH + "<script type", 1).replace("</body>", PROBE + "</body>")
    (folder / "probe.html").write_text(page)
    done = subprocess.run(
        [browser, "--no-sandbox", "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         f"--user-data-dir={folder / 'browser'}", "--virtual-time-budget=5000", "--dump-dom",
         f"file://{folder}/probe.html"], capture_output=True, timeout=60)
    body = re.search(rb"<body([^>]*)>", done.stdout)
    if body is None:
        raise AssertionError(done.stderr.decode(errors="replace")[-2000:])
    return dict(re.findall(r'data-([a-z-]+)="([^"]*)"', body.group(1).decode())), done.stdout.decode(errors="replace")
