"""A headless Chromium, and a page that measures what it shows."""

import json
import os
import re
import shutil
import subprocess
from html import unescape

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-extensions", "--hide-scrollbars", "--force-color-profile=srgb"),
]
LIMIT_S = 120
# What a page found out about itself, as JSON.
RESULT = re.compile(r'<pre id="measured">(.*?)</pre>', re.DOTALL)


class Browser:
    """Opens files; every start has a profile of its own."""

    def __init__(self, program, folder):
        self._program = program
        self._folder = folder
        self._starts = 0

    def measure(self, html):
        """Run the page's own measuring script and read what it left."""
        done = self._run(html, "--dump-dom", "--virtual-time-budget=5000")
        found = RESULT.search(done.stdout)
        assert found, (
            f"the page did not measure itself:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
        return json.loads(unescape(found[1]))

    def screenshot(self, html, to, size):
        """A picture of the page."""
        self._run(html, f"--screenshot={to}", f"--window-size={size[0]},{size[1]}")
        return to

    def _run(self, html, *arguments):
        self._starts += 1
        page = self._folder / f"page-{self._starts}.html"
        page.write_text(html, encoding="utf-8")
        profile = self._folder / f"profile-{self._starts}"
        return subprocess.run(
            [self._program, *FLAGS, f"--user-data-dir={profile}", *arguments, page.as_uri()],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    asked = os.environ.get("CHROMIUM")
    program = asked or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(
            "no Chromium on PATH: install one (Debian: apt-get install chromium), "
            "or name it in the environment variable CHROMIUM"
        )
    return Browser(program, tmp_path_factory.mktemp("browser"))
