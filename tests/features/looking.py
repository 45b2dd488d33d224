"""What a page of the report must be like, whoever looks at it and wherever."""

from __future__ import annotations

import re
from pathlib import Path

from tests.features.browser import Browser

_CONTRAST = Path(__file__).with_name("contrast.js")
_OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
_SMALLEST = 20_000


def require_readable(browser: Browser, page: Path, *, width: int, dark: bool) -> None:
    """In a window of that width, by day or by night, with every detail open: nothing is wider than it, every
    text stands out from what is behind it, and the console is silent. A picture can be taken."""
    browser.complaints.clear()
    browser.open(page, width=width, height=800, dark=dark)
    picture = browser.picture()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > _SMALLEST
    browser.evaluate(_OPEN_ALL)
    assert browser.complaints == []
    assert browser.evaluate(_CONTRAST.read_text()) == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", background))) < 60) is dark


def require_printable(browser: Browser, page: Path) -> None:
    """On paper every scenario is open, and ink is dark, also for who reads at night."""
    browser.open(page, width=1000, height=1400, dark=True, media="print")
    assert browser.evaluate(_CONTRAST.read_text()) == []
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert browser.evaluate("document.querySelectorAll('details.scenario:not([open])').length") == 0
    assert browser.paper().startswith(b"%PDF")


def require_one_file(browser: Browser, page: Path) -> None:
    """It needs no other file."""
    browser.open(page, width=1280, height=800, dark=False)
    assert browser.evaluate("performance.getEntriesByType('resource').map((one) => one.name)") == []
