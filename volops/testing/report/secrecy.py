"""No secret stays in a report, in whatever form those who wrote it have put it there."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

_SHORTEST = 3
"""Of a part of a secret."""
_MASK = "••••••"
_DEEPEST = 3
"""pytest-html puts escaped HTML into JSON, and that into an attribute."""


def scrub(path: Path, secrets: Iterable[str]) -> None:
    """Replace every secret in a text file, the longest first."""
    text = path.read_text("utf-8")
    for secret in sorted(secrets, key=len, reverse=True):
        text = _pattern_of(secret).sub(_MASK, text)
    path.write_text(text, "utf-8")


def _pattern_of(secret: str) -> re.Pattern[str]:
    """What finds the secret as it is, and escaped for HTML, XML, JSON, Python, an address or compose, one in
    the other. All of them go by single characters. Beside an ellipsis, with which pytest shortens values, its
    beginning and its end are found, too."""
    forms = [_any_form(character) for character in secret]
    whole = "".join(forms)
    beginning = "".join(forms[:_SHORTEST]) + "".join(f"(?:{form}" for form in forms[_SHORTEST:])
    beginning += ")?" * len(forms[_SHORTEST:])
    ends = ["".join(forms[start:]) for start in range(1, len(forms) - _SHORTEST + 1)]
    end = "|".join(ends) or whole
    return re.compile(rf"{whole}|{beginning}(?=\.\.\.)|(?<=\.\.\.)(?:{end})")


@cache
def _any_form(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    found = _closed({character, *(escape(character) for escape in _AS_TEXT)}, _IN_MARKUP)
    return f"(?:{'|'.join(re.escape(form) for form in sorted(found, key=len, reverse=True))})"


def _closed(found: set[str], escapes: Iterable[Callable[[str], str]]) -> set[str]:
    """The forms with all that these make of them, one after the other."""
    fresh = found
    for _ in range(_DEEPEST):
        fresh = {escape(form) for form in fresh for escape in escapes} - found
        found = found | fresh
    return found


def _backslashed(text: str) -> str:
    """As `repr` shows it within quotes of the same kind."""
    return ascii(text)[1:-1].replace("'", "\\'")


_AS_TEXT: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps(text)[1:-1],
    lambda text: repr(text)[1:-1],
    _backslashed,
    lambda text: quote(text, safe=""),
    lambda text: quote(text, safe="").lower(),
    quote_plus,
    lambda text: text.replace("$", "$$"),
)
_IN_MARKUP: tuple[Callable[[str], str], ...] = (
    html.escape,
    lambda text: html.escape(text, quote=False),
    lambda text: html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;"),
    lambda text: html.escape(text, quote=False).replace('"', "&quot;"),
    lambda text: text.encode("ascii", "xmlcharrefreplace").decode("ascii"),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
)
