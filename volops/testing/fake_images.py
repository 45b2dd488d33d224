"""Images of the fake engine: names and ids."""

from __future__ import annotations

import hashlib


class FakeImages:
    """The part of the fake engine that has images."""

    def __init__(self) -> None:
        super().__init__()
        self._images: dict[str, tuple[str, tuple[str, ...]]] = {}

    def add_image(self, reference: str, digests: tuple[str, ...] = ()) -> str:
        """Have a local image; return its id."""
        image_id = f"sha256:{hashlib.sha256(reference.encode()).hexdigest()}"
        self._images[reference] = self._images[image_id] = (image_id, digests)
        return image_id

    def image_id(self, reference: str) -> str | None:
        """That of an image that was added."""
        return self._images[reference][0] if reference in self._images else None

    def image_digests(self, reference: str) -> tuple[str, ...]:
        """Those that it was added with."""
        return self._images[reference][1] if reference in self._images else ()
