"""The one form in which lists are answered: {"count", "results"}."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, JsonResponse

DEFAULT_LIMIT = 24
MAX_LIMIT = 200


def _number(request: HttpRequest, name: str, default: int, highest: int) -> int:
    text = request.GET.get(name, "")
    return min(int(text), highest) if text.isdecimal() else default


def page(request: HttpRequest, rows: QuerySet, as_json: Callable[[Model], dict[str, Any]]) -> JsonResponse:
    """One page of `rows`, chosen by ?limit= (at most 200) and ?offset=."""
    limit = _number(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    offset = _number(request, "offset", 0, 10**9)
    results = [as_json(row) for row in rows[offset : offset + limit]]
    return JsonResponse({"count": rows.count(), "results": results})
