"""The journal of sightings."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from config.paging import page
from fieldnotes.models import Sighting


def _as_json(sighting: Sighting) -> dict[str, Any]:
    observer = sighting.observer
    return {
        "id": sighting.pk,
        "reference": sighting.reference,
        "species": sighting.species.name,
        "latin_name": sighting.species.latin_name,
        "place": sighting.place.name,
        "observer": observer.get_full_name() or observer.username,
        "seen_at": sighting.seen_at.isoformat(),
        "individuals": sighting.individuals,
        "note": sighting.note,
        "tags": [tag.name for tag in sighting.tags.all()],
        "comments": sighting.comment_count,
    }


@require_GET
def sightings(request: HttpRequest) -> JsonResponse:
    """Sightings, the latest first."""
    rows = (
        Sighting.objects.select_related("species", "place", "observer")
        .prefetch_related("tags")
        .annotate(comment_count=Count("comments"))
        .order_by("-seen_at", "-pk")
    )
    return page(request, rows, _as_json)
