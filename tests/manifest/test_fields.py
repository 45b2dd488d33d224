"""What a manifest refuses as a name, and what it masks."""

from __future__ import annotations

import pytest

from volops.manifest import check_file_name, without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "../outside",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "line\nbreak",
        "nul\0byte",
        "escape\x1b[2J",
        "\u202egnp.exe",
        "\udcff",
        "x" * 256,
        "ü" * 128,
        "manifest.json",
    ],
)
def test_a_name_that_could_mean_another_place_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"plain file name|control character|longer|own name"):
        check_file_name(name)


@pytest.mark.parametrize("name", ["db_backup_20251025_143022.orders.sql.zst", "ü" * 127, "a..b", "~"])
def test_an_ordinary_name_is_kept_as_it_is(name: str) -> None:
    assert check_file_name(name) == name


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("o", "addr=10.0.0.5,username=me,password=hunter2,rw", "addr=10.0.0.5,username=me,password=***,rw"),
        ("o", "PASS=hunter2", "PASS=***"),
        ("device", "//me:hunter2@files/share", "//***@files/share"),
        ("device", "https://me:hunter2@files/share", "https://***@files/share"),
        ("secret_key", "hunter2", "***"),
        ("API-Token", "hunter2", "***"),
    ],
)
def test_a_secret_in_driver_options_is_masked(key: str, value: str, kept: str) -> None:
    assert without_secrets({key: value}) == {key: kept}


def test_options_without_a_secret_are_kept_as_they_are() -> None:
    options = {"type": "nfs", "o": "addr=10.0.0.5,rw,nfsvers=4", "device": ":/export/media"}
    assert without_secrets(options) == options
