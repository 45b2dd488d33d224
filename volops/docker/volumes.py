"""What `volops.docker.DockerEngine` does with volumes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from docker.errors import NotFound

from volops.docker.failures import doing
from volops.docker_records import PROJECT_LABEL, volume_info
from volops.engine import VolumeInfo
from volops.errors import EngineFailed

_SIZES_TIMEOUT_S = 600


class DockerVolumes:
    """The volumes of one engine, through the SDK's client."""

    def __init__(self, client: Any) -> None:
        self._api = client

    def volumes(self, names: Collection[str]) -> dict[str, VolumeInfo]:
        with doing("listing volumes"):
            answer = self._api.volumes()
        wanted = set(names)
        rows = (volume_info(row) for row in answer.get("Volumes") or ())
        return {row.name: row for row in rows if row.name in wanted}

    def project_volumes(self, project: str) -> dict[str, VolumeInfo]:
        with doing("listing volumes"):
            answer = self._api.volumes(filters={"label": f"{PROJECT_LABEL}={project}"})
        rows = map(volume_info, answer.get("Volumes") or ())
        return {row.name: row for row in rows}

    def volume_sizes(self) -> dict[str, int]:
        # The SDK's df() measures images and build cache too; the API can be asked for volumes alone.
        with doing("measuring volumes"):
            url = self._api._url("/system/df")
            response = self._api.get(url, params={"type": "volume"}, timeout=_SIZES_TIMEOUT_S)
            response.raise_for_status()
            rows = response.json().get("Volumes") or ()
        sizes = {row["Name"]: (row.get("UsageData") or {}).get("Size", -1) for row in rows}
        return {name: size for name, size in sizes.items() if size >= 0}

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        # The engine itself answers "created" for a volume that is there already.
        if self.volumes([name]):
            raise EngineFailed(f"volume {name!r} exists already")
        with doing("creating a volume"):
            self._api.create_volume(name, driver="local", labels=dict(labels))

    def remove_volume(self, name: str) -> None:
        with doing("removing a volume"):
            try:
                self._api.remove_volume(name)
            except NotFound:
                return
