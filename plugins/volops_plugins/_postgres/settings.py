"""The configuration files of a restored cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from volops import Staging
from volops_plugins._postgres.image import Image
from volops_plugins._postgres.throwaway import Throwaway

_UNPACKED = "/volume/.volops-settings"
_FRESH = "/volume/.volops-fresh"
_METHOD = "scram-sha-256"
_PUT = """
cd "$1"
# As they were; but the server of an image that numbers its user otherwise could not read them.
find . ! -type d ! -uid 0 ! -uid "${3%:*}" -exec chown -h "$3" {} +
find . -mindepth 1 -type d -exec chown "$3" {} +
mkdir "$4"
find . -type f -exec sh -c 'for file; do
    [ ! -f "$0/$file" ] || (cd "$0" && cp -a --parents "$file" "$1")
done' "$2" "$4" {} +
find . -mindepth 1 -maxdepth 1 -exec cp -a {} "$2/" ";"
"""
_SWAP = """
cd "$1"
find . -type f | while IFS= read -r file; do
    mv "$2/$file" "$2/$file$4"
    [ ! -f "$3/$file" ] || cp -a "$3/$file" "$2/$file"
done
"""


class Settings:
    """The files in which a cluster keeps its settings and who may connect; `data` is its directory."""

    def __init__(self, staging: Staging, image: Image, data: PurePosixPath, server: Throwaway) -> None:
        self._staging, self._image, self._server = staging, image, server
        mount = next(each for each in staging.volume.mounts if PurePosixPath(each.target) == staging.target)
        self._place = str(PurePosixPath("/volume", mount.subpath, data.relative_to(staging.target)))
        config = staging.facts.get("config", {})
        self._recorded = str(PurePosixPath(_UNPACKED, config.get("directory") or "."))
        self._files = [*config.get("files", ()), *map(str, config.get("outside", ()))]
        self._unpacked = False

    def unpack(self, stream: Iterable[bytes]) -> None:
        """Take the archive of them, and keep it for `put`."""
        self._sh('mkdir -m 0700 "$1"', _UNPACKED)
        self._staging.untar(stream, PurePosixPath(_UNPACKED).name)
        self._unpacked = True

    def put(self) -> None:
        """Put them into the cluster's directory, in the place of those that initdb made.

        A newer server that does not understand one of them gets its own, and the old ones lie beside.
        """
        if self._unpacked:
            self._sh(_PUT, self._recorded, self._place, self._image.user, _FRESH)
            major = int(self._staging.facts["server"]["version_num"]) // 10000
            error = self._server.settings_error() if self._image.major > major else ""
            if error:
                self._sh(_SWAP, self._recorded, self._place, _FRESH, f".from-{major}")
                self._staging.warn(
                    f"PostgreSQL {self._image.version} does not accept the configuration files of {major} "
                    f"({error}): it gets new ones, and the old ones lie beside as FILE.from-{major}"
                )
            self._sh('rm -rf "$1" "$2"', _UNPACKED, _FRESH)
        if not any(PurePosixPath(name).name == "pg_hba.conf" for name in self._files):
            self._let_clients_in()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """A time without settings of the cluster's own."""
        script = 'cd "$1"; for file in postgresql.conf postgresql.auto.conf; do {}; done'
        self._sh(script.format('cp -a "$file" "$file.volops"; : >"$file"'), self._place)
        yield
        self._sh(script.format('mv "$file.volops" "$file"'), self._place)

    def _let_clients_in(self) -> None:
        """As images do that make a cluster on their first start: initdb's own rules let nobody in."""
        method = self._staging.environment().get("POSTGRES_HOST_AUTH_METHOD") or _METHOD
        self._sh('echo "host all all all $2" >>"$1/pg_hba.conf"', self._place, method)
        self._staging.warn("the backup has no pg_hba.conf: everybody with a password may connect")

    def _sh(self, script: str, *arguments: str) -> None:
        self._staging.tree().run("sh", "-euc", script, "settings", *arguments)


def preloaded(command: Sequence[str]) -> str:
    """The value of shared_preload_libraries on a command line like that of the service; "" when not there."""
    name = "shared_preload_libraries="
    for word in command:
        option = word.removeprefix("--").removeprefix("-c").replace("-", "_")
        if option.startswith(name):
            return word.partition("=")[2]
    return ""
