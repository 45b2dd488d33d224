"""What `volops.docker.DockerEngine` knows of images."""

from __future__ import annotations

from typing import Any

from docker.errors import ImageNotFound

from volops.docker.failures import doing


class DockerImages:
    """The images of one engine, through the SDK's client."""

    def __init__(self, client: Any) -> None:
        self._api = client

    def image_id(self, reference: str) -> str | None:
        with doing("looking for an image"):
            try:
                return str(self._api.inspect_image(reference)["Id"])
            except ImageNotFound:
                return None

    def image_digests(self, reference: str) -> tuple[str, ...]:
        with doing("looking for an image"):
            try:
                return tuple(self._api.inspect_image(reference).get("RepoDigests") or ())
            except ImageNotFound:
                return ()
