"""Where an uploaded file goes."""

from pathlib import PurePosixPath

from django.utils import timezone

# File systems allow 255 bytes in a name; Django may append eight more to make one unique.
LONGEST_NAME = 220


def shortened(name: str) -> str:
    """`name` cut to 220 bytes of UTF-8, never inside a character, its extension kept."""
    extension = PurePosixPath(name).suffix
    stem = name.removesuffix(extension)
    room = LONGEST_NAME - len(extension.encode())
    if room < 1:
        stem, extension, room = name, "", LONGEST_NAME  # one long "extension"
    return stem.encode()[:room].decode(errors="ignore") + extension


def dated_path(instance: object, filename: str) -> str:
    return f"uploads/{timezone.now():%Y/%m}/{shortened(filename)}"
