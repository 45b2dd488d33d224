"""Is the application alive, and how do the services behind it do."""

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from operations.status import report


@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when not (see ServiceUnavailable)."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})


@require_GET
def status(request: HttpRequest) -> JsonResponse:
    """The report of every service; 503 when one of them is not up."""
    result = report()
    return JsonResponse(result, status=200 if result["ok"] else 503)
