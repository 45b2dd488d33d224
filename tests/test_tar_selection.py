"""An archive of single members is one that tar itself unpacks, whatever their headers are like."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from volops.errors import ArtifactCorrupt
from volops.tar_selection import choose, near_names

LONG = "n" * 200


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files with long names, holes, and several names."""
    root = tmp_path / "tree"
    (root / "deep" / LONG).mkdir(parents=True)
    (root / "deep" / LONG / "file").write_text("far down")
    (root / "deep" / "first").write_text("shared")
    (root / "other").mkdir()
    (root / "other" / "second").hardlink_to(root / "deep" / "first")
    with (root / "holes").open("wb") as file:
        for place in range(60):
            file.seek(place << 20)
            file.write(b"island")
    (root / "odd\nname").write_text("odd")
    return root


def packed(tree: Path, layout: str) -> bytes:
    argv = ["tar", "--create", "--sparse", "--sort=name", f"--format={layout}", "."]
    return subprocess.run(argv, cwd=tree, capture_output=True, check=True).stdout


@pytest.mark.parametrize("layout", ["posix", "gnu"])
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (f"deep/{LONG}", {f"deep/{LONG}/file": "far down"}),
        ("deep/*/file", {f"deep/{LONG}/file": "far down"}),
        ("other", {"other/second": "shared", "deep/first": "shared"}),
        ("odd*", {"odd\nname": "odd"}),
        ("holes", {"holes": ""}),
    ],
)
def test_what_is_chosen_and_nothing_else(
    tree: Path, tmp_path: Path, layout: str, pattern: str, expected: dict[str, str]
) -> None:
    archive = packed(tree, layout)

    def read() -> Iterator[bytes]:
        return (archive[at : at + 10_000] for at in range(0, len(archive), 10_000))

    chosen = choose("archive", read, [pattern], "")
    out = tmp_path / "out"
    out.mkdir()
    selected = b"".join(chosen.archive("archive", read()))
    subprocess.run(["tar", "--extract", "--sparse"], cwd=out, input=selected, check=True)
    found = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert found == expected.keys()
    for name, text in expected.items():
        assert (out / name).read_bytes() == (tree / name).read_bytes()
        assert text in (out / name).read_text()


def test_names_near_by_are_those_of_the_last_directory_that_is_there(tree: Path) -> None:
    archive = packed(tree, "posix")
    assert near_names("archive", iter([archive]), "deep/frist", "") == ("deep/first", f"deep/{LONG}")
    assert near_names("archive", iter([archive]), "deap/first", "") == ("deep", "holes", "odd\nname", "other")


def test_an_archive_that_is_cut_off_is_an_error(tree: Path) -> None:
    archive = packed(tree, "posix")
    chosen = choose("archive", lambda: iter([archive]), ["deep"], "")
    with pytest.raises(ArtifactCorrupt, match=r"cut off|end-of-archive"):
        list(chosen.archive("archive", iter([archive[:5_000]])))
