"""Listing uploads and adding one."""

import hashlib
import logging
import mimetypes
from pathlib import PurePosixPath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.paging import page
from operations.notices import announce
from uploads.models import Upload
from uploads.thumbnails import preview

log = logging.getLogger(__name__)


def _as_json(upload: Upload) -> dict[str, Any]:
    owner = upload.owner
    return {
        "id": upload.pk,
        "title": upload.title,
        "kind": upload.kind,
        "name": PurePosixPath(upload.file.name).name,
        "url": upload.file.url,
        "thumbnail": upload.thumbnail.url if upload.thumbnail else "",
        "size": upload.size,
        "sha256": upload.sha256,
        "owner": (owner.get_full_name() or owner.username) if owner else "a visitor",
        "created_at": upload.created_at.isoformat(),
    }


def _kind(name: str) -> Upload.Kind:
    media_type = mimetypes.guess_type(name)[0] or ""
    return Upload.Kind.SOUND if media_type.startswith("audio/") else Upload.Kind.DOCUMENT


def _store(request: HttpRequest, file: UploadedFile) -> Upload:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    sha256 = digest.hexdigest()
    thumbnail = preview(file, sha256)
    title = request.POST.get("title", "").strip() or PurePosixPath(file.name).stem
    upload = Upload(
        owner=request.user if request.user.is_authenticated else None,
        title=title[:200],
        kind=Upload.Kind.IMAGE if thumbnail else _kind(file.name),
        size=file.size,
        sha256=sha256,
    )
    if thumbnail:
        upload.thumbnail.save(thumbnail.name, thumbnail, save=False)
    upload.file.save(file.name, file, save=False)
    upload.save()
    return upload


# A form on the page and curl in a script both post here; no session is needed, so no token either.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def uploads(request: HttpRequest) -> JsonResponse:
    """GET lists the latest first (?kind= narrows).

    POST multipart `file` (and `title`) answers 201 with its URL.
    """
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            return JsonResponse({"error": "send the file in a field `file`"}, status=400)
        upload = _store(request, file)
        announce("upload", upload.pk)
        log.info("upload %s: %s, %s bytes", upload.pk, upload.file.name, upload.size)
        return JsonResponse(_as_json(upload), status=201)
    rows = Upload.objects.select_related("owner").order_by("-created_at", "-pk")
    if request.GET.get("kind") in Upload.Kind.values:
        rows = rows.filter(kind=request.GET["kind"])
    return page(request, rows, _as_json)
