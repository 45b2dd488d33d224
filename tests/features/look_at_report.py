"""The page that the features have just written, as people will see it.

`pytest tests/features/look_at_report.py`, after `pytest features/`. test_browser.py looks at a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.features.browser import Browser
from tests.features.looking import require_one_file, require_printable, require_readable
from volops.testing.report.plugin import PAGE

_PAGE = Path(__file__).parents[2] / PAGE


@pytest.fixture(scope="module")
def browser(image: Callable[[str], str]) -> Iterator[Browser]:
    with Browser(image("browser"), _PAGE.parent) as browser:
        yield browser


@pytest.fixture
def page() -> Path:
    assert _PAGE.exists(), "`pytest features/` writes it"
    return _PAGE


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("width", [360, 1280], ids=["phone", "desk"])
def test_it_can_be_read(browser: Browser, page: Path, width: int, dark: bool) -> None:
    require_readable(browser, page, width=width, dark=dark)


def test_it_can_be_printed(browser: Browser, page: Path) -> None:
    require_printable(browser, page)


def test_it_is_one_file(browser: Browser, page: Path) -> None:
    require_one_file(browser, page)


def test_every_criterion_and_all_of_the_matrix_is_in_it(browser: Browser, page: Path) -> None:
    browser.open(page, width=1280, height=800, dark=False)
    criteria = "[...document.querySelectorAll('.criteria tbody th')].map((one) => one.innerText)"
    assert browser.evaluate(criteria) == ["AC1", "AC2", "AC3", "AC4"]
    cells = browser.evaluate("document.querySelectorAll('.matrix tbody td:not(.unknown)').length")
    assert cells == 7 * 5
