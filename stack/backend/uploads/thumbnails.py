"""Small previews of pictures."""

import io
from typing import BinaryIO

from django.core.files.base import ContentFile
from PIL import Image, ImageOps

EDGE = 480
QUALITY = 82


def thumbnail_of(picture: Image.Image) -> bytes:
    """A JPEG of `picture`, at most 480 pixels long on its longer edge."""
    small = ImageOps.exif_transpose(picture)
    small.thumbnail((EDGE, EDGE))
    out = io.BytesIO()
    small.convert("RGB").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def preview(file: BinaryIO, digest: str) -> ContentFile | None:
    """The thumbnail of an uploaded file, or None where it is no picture that can be read."""
    file.seek(0)
    try:
        with Image.open(file) as picture:
            return ContentFile(thumbnail_of(picture), name=f"{digest[:16]}.jpg")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    finally:
        file.seek(0)
