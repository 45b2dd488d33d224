"""The swap: the one place where volops can lose data. Live data goes aside and new data takes its place, all
by renames inside one mount; and back again, from wherever it was stopped.

A volume's root holds, beside its data, a directory of ours:

    .volops/incoming/data    the new data, while it is made and proven
    .volops/incoming/root    owner, mode, times and attributes of the root that belongs to it
    .volops/leaving/         the live data, while and after it is put aside, in the same form
    .volops/previous/        what `leaving` becomes when the swap stands: the data from before it
    .volops/turning          the swap brings `previous` back (a roll-back): undone, `incoming` is `previous`
    .volops/incoming/part    what was staged, where it is only part of a tree that is being made whole
    .volops/phase            out: live data is being moved to `leaving`
                             in: it has been; new data is being moved from `incoming` to the root
                             done: it has been; it is not known yet whether the swap will stand

Without a phase no live data has been moved. A phase is on the disk, with everything that was done before it,
before the first rename it speaks of: whatever a crash leaves is one of these states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from volops.gnu_tar import FIDELITY, OWN, UNPACK
from volops.shell import Shell

AREA = f"{OWN}/incoming/data"
"""The staging area: the part of a volume that a type's `load` sees."""

_NO_DIRECTORY = """
for each do
    new="$0/incoming/data/$each"
    if [ -d "$new" ] && [ ! -L "$new" ]; then rm -rf "$new"; fi
done
"""
_A_DIRECTORY = """
for each do
    new="$0/incoming/data/$each"
    if [ -L "$new" ] || { [ -e "$new" ] && [ ! -d "$new" ]; }; then rm -f "$new"; fi
done
"""
"""In the new tree, whose files are names of live ones, a name may go: what it named does not."""
_STANDING = """
for each do
    if [ -d "$each" ] && [ ! -L "$each" ]; then printf "%s\\0" "$each"; fi
done
"""

_SCRIPT = f"""
set -eu
own=/volume/{OWN}

# Every entry of directory $1 but our own goes into directory $2. Nothing is ever overwritten.
move() {{
    find "$1" -mindepth 1 -maxdepth 1 ! -path "$own" -exec mv --no-clobber --target-directory="$2" -- {{}} +
    left=$(find "$1" -mindepth 1 -maxdepth 1 ! -path "$own" -print -quit)
    [ -z "$left" ] || {{ echo "$left cannot be moved to $2" >&2; exit 1; }}
}}
note() {{ (cd "$1" && tar --create --format=posix {FIDELITY} --no-recursion .) >"$2"; }}
dress() {{ (cd "$1" && {UNPACK}) <"$2"; }}
into() {{ mv --no-target-directory -- "$1" "$2"; }}
phase() {{
    sync --file-system /volume
    printf '%s\\n' "$1" >"$own/phase.new"
    sync "$own/phase.new"
    into "$own/phase.new" "$own/phase"
    sync "$own"
}}

# Making or removing our directory is no change of the data: the root keeps its time.
quietly() {{ touch --reference=/volume /tmp/time; "$@"; touch --reference=/tmp/time /volume; }}
tidy() {{ [ ! -d "$own" ] || quietly rmdir --ignore-fail-on-non-empty "$own"; }}

# Of a swap that was cut off, or is another's, nothing is begun anew: what lies here may be the only copy.
fresh() {{
    for each in phase turning; do
        [ ! -e "$own/$each" ] || {{ echo "an earlier swap was not brought to its end" >&2; exit 1; }}
    done
}}
prepare() {{
    [ -d "$own" ] || quietly mkdir -m 0700 "$own"
    rm -rf "$own/incoming"
    mkdir -p "$own/incoming/data"
}}
swap() {{
    [ -d "$own/incoming/data" ] || {{ echo "nothing is staged" >&2; exit 1; }}
    mkdir -p "$own/leaving/data"
    note /volume "$own/leaving/root"
    [ -e "$own/incoming/root" ] || note "$own/incoming/data" "$own/incoming/root"
    phase out
    move /volume "$own/leaving/data"
    phase in
    move "$own/incoming/data" /volume
    dress /volume "$own/incoming/root"
    phase done
}}
# What is staged is part of a tree: the rest is that of the live one, whose files come in by a second name,
# never by their content. Directories whose names are on standard input keep what the live ones have.
graft() {{
    [ -d "$own/incoming/data" ] || {{ echo "nothing is staged" >&2; exit 1; }}
    cat >"$own/incoming/parents"
    into "$own/incoming/data" "$own/incoming/part"
    mkdir "$own/incoming/data"
    note /volume "$own/incoming/root"
    find /volume -mindepth 1 -maxdepth 1 ! -path "$own" -exec \
        cp --archive --link --target-directory="$own/incoming/data" -- {{}} +
    (cd "$own/incoming/part" && find . -mindepth 1 ! -type d -exec sh -euc '{_NO_DIRECTORY}' "$own" {{}} +)
    (cd "$own/incoming/part" && find . -mindepth 1 -type d -exec sh -euc '{_A_DIRECTORY}' "$own" {{}} +)
    cp --archive --link --force "$own/incoming/part/." "$own/incoming/data/"
    (cd /volume && xargs --null --no-run-if-empty sh -euc '{_STANDING}' sh) \
        <"$own/incoming/parents" >"$own/incoming/standing"
    if [ -s "$own/incoming/standing" ]; then
        (cd /volume && tar --create --format=posix {FIDELITY} --no-recursion --null --verbatim-files-from \
            --files-from="$own/incoming/standing") >"$own/incoming/directories"
        dress "$own/incoming/data" "$own/incoming/directories"
    fi
    swap
}}
# What is staged, if anything, takes the place of the live data; with nothing staged the root stays as it is.
vacate() {{
    [ -d "$own/incoming/data" ] || {{ echo "nothing is prepared" >&2; exit 1; }}
    [ -n "$(find "$own/incoming/data" -mindepth 1 -print -quit)" ] || note /volume "$own/incoming/root"
    swap
}}
turn() {{
    [ -d "$own/previous/data" ] || {{ echo "no earlier data is kept" >&2; exit 1; }}
    rm -rf "$own/incoming"
    : >"$own/turning"
    sync --file-system /volume
    into "$own/previous" "$own/incoming"
    swap
}}
undo() {{
    now=
    [ ! -e "$own/phase" ] || read -r now <"$own/phase"
    case $now in
    in | done)
        mkdir -p "$own/incoming/data"
        move /volume "$own/incoming/data"
        phase out
        put_back
        ;;
    out) put_back ;;
    '') ;;
    *) echo "unknown phase: $now" >&2; exit 1 ;;
    esac
    # Only an empty directory goes: whatever else is left here is live data, and the phase must stay.
    [ ! -d "$own/leaving/data" ] || rmdir "$own/leaving/data"
    rm -f "$own/phase" "$own/phase.new"
    rm -rf "$own/leaving"
    if [ -e "$own/turning" ]; then
        [ ! -d "$own/incoming" ] || into "$own/incoming" "$own/previous"
        rm -f "$own/turning"
    fi
    rm -rf "$own/incoming"
    tidy
}}
# What was staged goes. Where a swap is under way it is not that of whoever only staged.
unstage() {{
    [ -e "$own/phase" ] || [ -e "$own/turning" ] || undo
}}
put_back() {{
    [ -d "$own/leaving/data" ] || return 0
    move "$own/leaving/data" /volume
    dress /volume "$own/leaving/root"
    sync --file-system /volume
    rmdir "$own/leaving/data"
}}
keep() {{
    if [ -d "$own/leaving" ]; then
        rm -rf "$own/previous"
        into "$own/leaving" "$own/previous"
    fi
    rm -f "$own/phase" "$own/phase.new" "$own/turning"
    rm -rf "$own/incoming"
}}
drop() {{
    [ ! -e "$own/phase" ] || {{ echo "a swap is under way" >&2; exit 1; }}
    rm -rf "$own/previous" "$own/incoming" "$own/turning"
    tidy
}}
first() {{ find /volume -mindepth 1 -maxdepth 1 ! -path "$own" -print -quit; }}
settle() {{ sync --file-system /volume; }}
show() {{
    for each in previous incoming; do
        [ ! -d "$own/$each" ] || du --summarize --bytes "$own/$each/data" | sed "s/\\t.*/ $each/"
    done
    echo "$(df --output=avail --block-size=1 /volume | tail -n 1) free"
    echo "$(stat --format=%d /volume) device"
    # A file system that makes inodes as it needs them says that it has none at all.
    set -- $(df --output=itotal,iavail /volume | tail -n 1)
    case $1 in 0 | -) ;; *) echo "$2 files" ;; esac
}}

case $1 in prepare | swap | graft | vacate | turn) fresh ;; esac
"$1"
"""


class Swap:
    """The swap of one volume, through a shell that sees the whole volume, writable, at /volume.

    Every method raises ProducerFailed or HelperLost when it was stopped half-way; `undo` may then be called
    as often as it takes, by any process. Until a swap that was begun is undone or kept, no other begins.
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def prepare(self) -> None:
        """Make an empty staging area, in place of one that an unfinished restore left."""
        self._do("prepare")

    def settle(self) -> None:
        """Have everything on the disk, so that the swap itself is short."""
        self._do("settle")

    def swap(self) -> None:
        """Put the live data aside and the staging area in its place. Nothing may be using the volume."""
        self._do("swap")

    def graft(self, parents: Iterable[str]) -> None:
        """As `swap`, but what is staged is part of a tree: the rest stays as it is live, in files that both
        trees share. `parents` are directories of the staging area that are only on the way to that part:
        where they are live, they stay as they are."""
        names = [name.encode("utf-8", "surrogateescape") for name in parents]
        self._do("graft", b"".join(name + b"\0" for name in names))

    def vacate(self) -> None:
        """As `swap`, but where nothing is staged the emptied root keeps owner, mode, times and attributes."""
        self._do("vacate")

    def turn(self) -> None:
        """Swap in the other direction: the data kept from before the last swap becomes live again, and what
        is live is kept in its stead."""
        self._do("turn")

    def unstage(self) -> None:
        """Remove what was staged for a swap that has not been begun; leave a swap that somebody else has."""
        self._do("unstage")

    def undo(self) -> None:
        """Make it as if neither staging nor swap had been begun; fine when they were not."""
        self._do("undo")

    def keep(self) -> None:
        """Let the swap stand. The data from before it is kept until `drop` or the next swap."""
        self._do("keep")

    def drop(self) -> None:
        """Delete the data kept from before the last swap; fine when there is none."""
        self._do("drop")

    def is_empty(self) -> bool:
        """True when the volume holds nothing but what is ours."""
        return not self._do("first")

    def sizes(self) -> Mapping[str, int]:
        """Bytes of `previous` and `incoming`, where they exist, bytes `free` on the volume's file system, how
        many more `files` it takes if that is limited, and which `device` it is."""
        lines = self._do("show").splitlines()
        return {what: int(size) for size, what in (line.split() for line in lines)}

    def _do(self, verb: str, input: bytes = b"") -> str:
        return self._shell.run("/bin/sh", "-c", _SCRIPT, "volops", verb, input=input).text
