"""Members, and signing in."""

import json
import logging
from typing import Any

from django.contrib import auth
from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from config.paging import page
from operations.throttle import allow

log = logging.getLogger(__name__)

LOGIN_ATTEMPTS = 200
LOGIN_WINDOW = 900


def _as_json(user: User) -> dict[str, Any]:
    profile = getattr(user, "profile", None)
    return {
        "id": user.pk,
        "username": user.username,
        "name": user.get_full_name() or user.username,
        "joined": user.date_joined.date().isoformat(),
        "bio": profile.bio if profile else "",
        "home": profile.home.name if profile and profile.home else "",
        "avatar": profile.avatar.url if profile and profile.avatar else "",
    }


@require_GET
def users(request: HttpRequest) -> JsonResponse:
    """Members, the busiest first; ?q= looks in names."""
    rows = (
        User.objects.select_related("profile__home")
        .annotate(sighting_count=Count("sightings"))
        .order_by("-sighting_count", "username")
    )
    query = request.GET.get("q", "").strip()
    if query:
        rows = rows.filter(
            Q(username__icontains=query) | Q(first_name__icontains=query) | Q(last_name__icontains=query)
        )
    return page(request, rows, lambda user: _as_json(user) | {"sightings": user.sighting_count})


def _credentials(request: HttpRequest) -> tuple[str, str]:
    fields = request.POST
    if request.content_type == "application/json":
        try:
            fields = json.loads(request.body)
        except ValueError:
            fields = {}
    if not isinstance(fields, dict):
        fields = {}
    return str(fields.get("username", "")), str(fields.get("password", ""))


@csrf_exempt
@require_POST
def login(request: HttpRequest) -> JsonResponse:
    """Sign in by form fields or JSON {"username", "password"}: 200, 401; 429 after many tries."""
    client = request.headers.get("X-Real-IP", request.META.get("REMOTE_ADDR", ""))
    if not allow(f"login:{client}", LOGIN_ATTEMPTS, LOGIN_WINDOW):
        return JsonResponse({"error": "too many attempts, wait a while"}, status=429)
    username, password = _credentials(request)
    user = auth.authenticate(request, username=username, password=password)
    if user is None:
        log.warning("sign-in refused from %s", client)
        return JsonResponse({"error": "wrong username or password"}, status=401)
    auth.login(request, user)
    log.info("%s signed in from %s", user.username, client)
    return JsonResponse({"user": _as_json(user)})


@csrf_exempt
@require_POST
def logout(request: HttpRequest) -> JsonResponse:
    auth.logout(request)
    return JsonResponse({"user": None})


@require_GET
def me(request: HttpRequest) -> JsonResponse:
    """The member that the session belongs to, or null."""
    user = _as_json(request.user) if request.user.is_authenticated else None
    return JsonResponse({"user": user})
