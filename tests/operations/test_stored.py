"""The stored bytes of a backup are compared while other things begin, and before any of them is used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.samples import CREATED, artifact_record, volume_record
from volops.catalog import Catalog, Entry, EntryState
from volops.errors import RestoreFailed
from volops.file_tree import PlainFiles
from volops.model import Volume
from volops.operations.restore_plan import RestoreItem
from volops.operations.stored import StoredCheck, check_stored
from volops.plugins.registry import RegisteredType
from volops.store import LocalStore

CONTENT = {"a.tar": b"first", "b.tar": b"second"}


class Held(LocalStore):
    """A store that gives the first bytes of a file, and the others when it may go on."""

    def __init__(self, root: Path, contents: dict[str, bytes]) -> None:
        super().__init__(root)
        self.contents, self.go_on, self.chunks = contents, threading.Event(), 0

    def open(self, group: str, file: str) -> Iterator[bytes]:  # noqa: ARG002 - the signature is Store's
        for at in range(len(self.contents[file])):
            self.chunks += 1
            yield self.contents[file][at : at + 1]
            assert self.go_on.wait(30)


@pytest.fixture
def store(tmp_path: Path) -> Held:
    return Held(tmp_path, dict(CONTENT))


@pytest.fixture
def given(store: Held) -> tuple[Any, ...]:
    """Catalog, entry and items of a backup of one volume in two files."""
    record = volume_record(
        "db", artifacts=tuple(artifact_record(file, content) for file, content in CONTENT.items())
    )
    entry = Entry("full", EntryState.COMPLETE, "/full", 11, CREATED, store, "full")
    item = RestoreItem(record, Volume("db", "db"), RegisteredType(PlainFiles, "f", "f", "1"), None, False)
    return Catalog(store, "app"), entry, [item]


def test_no_byte_comes_before_all_are_compared(given: tuple[Any, ...], store: Held) -> None:
    with StoredCheck(*given) as check:
        threading.Timer(0.2, store.go_on.set).start()
        first = given[2][0].record.artifacts[0]
        assert next(check.passing(first)) == b"f"
        assert store.chunks > len(b"".join(CONTENT.values()))


@pytest.mark.parametrize("file", CONTENT)
@pytest.mark.parametrize("content", [b"", b"fir", b"another"])
def test_damage_of_any_file_is_told_before_the_first_is_used(
    given: tuple[Any, ...], store: Held, file: str, content: bytes
) -> None:
    store.contents[file] = content
    store.go_on.set()
    with (
        StoredCheck(*given) as check,
        pytest.raises(RestoreFailed, match=f"{file} of full is damaged: it is not what the manifest says"),
    ):
        next(check.passing(given[2][0].record.artifacts[0]))
    with pytest.raises(RestoreFailed, match=file):
        check_stored(*given)


def test_it_ends_with_its_block(given: tuple[Any, ...], store: Held) -> None:
    with StoredCheck(*given):
        store.go_on.set()
    assert store.chunks <= len(b"".join(CONTENT.values()))
    assert not [each for each in threading.enumerate() if each.name.startswith("check")]
