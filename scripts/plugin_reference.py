"""Writes docs/plugins/reference.md and testing-reference.md from the interface itself: every public name, its
signature and its contract.

Usage: .venv/bin/python scripts/plugin_reference.py     tests/docs/test_reference.py fails until this was run
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import volops
from volops import hookspecs, testing
from volops.errors import VolopsError
from volops.testing import conformance, engine_conformance, fake_engine, fake_programs, store_conformance

TARGET = Path(__file__).parents[1] / "docs" / "plugins" / "reference.md"
HEAD = f"""# Plugin reference

<!-- Written by scripts/plugin_reference.py from the docstrings; change those. -->

All of this is imported from `volops`, and nothing else is part of the interface: whatever you find below
`volops.something` may change with any release. (`volops.testing` is for your tests: see
[testing](testing.md).) This is interface **{volops.INTERFACE}**. A plugin says in the module that its
entry point names which one it was written for:

```python
VOLOPS_INTERFACE = {volops.INTERFACE}
```

A volops that does not have this interface refuses the plugin, names both versions, and goes on with the
others. A plugin that says nothing is taken for one of interface 1.

**Stability.** What is on this page stays as it is for as long as the version of the interface does, and a
plugin written for it works with every volops that has that version. The version grows when such a plugin
would no longer work: when a name or an argument goes, when a method must give or may get something else,
or when a class that plugins write (a volume type, a store, an upload, options) needs a method more. What
is only added (a hook, a method or a field with a default, something more that plugins are given) leaves it
as it is; a plugin that uses what was added asks for that release of volops in its `dependencies`. The
[changelog](../../CHANGELOG.md) names every change of this page. Backups outlive all of it: a type reads
the artifacts and facts that its earlier versions wrote, whatever the interface, and the kit
[holds it to that](testing.md#backups-of-earlier-versions).

**Calls.** One process, one volume at a time. For each call of an operation the core makes a new instance
of the type; keep nothing in it. All methods of a type are called in one thread, an observer in the
thread that makes the event. **Clean-up.** Every helper container that a `Source` or `Staging` opened is
ended by the core, after an error and an interrupt too, and the engine ends them when volops is killed.
`/tmp` in them is private and in memory. **Errors.** Raise what is listed under [Errors](#errors), with a
`next_step` that works when typed as printed. Whatever else you raise fails this volume and names your
plugin; the run goes on with the others. **Secrets** stay in memory and in standard input: never in
`argv`, a message, an event, facts or the name of an artifact.

"""
SECTIONS: dict[str, tuple[str, ...]] = {
    "The strategy": ("VolumeType", "FileTree", "NoOptions"),
    "What a type is given": ("Source", "Staging", "Shell", "Output"),
    "Databases that stand for themselves": (
        "ConsoleType",
        "DumpType",
        "DatabaseType",
        "TableType",
        "DatabaseTarget",
        "Exchange",
        "TableTarget",
        "TableCopied",
    ),
    "The stack": ("Stack", "Volume", "VolumeKind", "Mount", "Service"),
    "Artifacts": ("Artifact", "StoredArtifact", "Digest"),
    "Cleaning": ("Removal", "Removing"),
    "Stores": ("Store", "Upload"),
    "Commands": ("Call", "Printer"),
    "Words for the inventory": ("Criticality", "Quiesce"),
    "Events": (
        "Event",
        "RunStarted",
        "VolumeStarted",
        "Progress",
        "Warned",
        "VolumeFinished",
        "RunFinished",
        "Outcome",
        "OutcomeStatus",
    ),
}
ELSEWHERE = ("INTERFACE", "hookimpl")
"""Public names that the text around the sections explains."""
TESTING_TARGET = TARGET.with_name("testing-reference.md")
TESTING_HEAD = """# Reference of the kit

<!-- Written by scripts/plugin_reference.py from the docstrings; change those. -->

What tests of a plugin may import beside `volops`; [testing](testing.md) tells how it is used. It is promised
as [the interface](reference.md) is, but for the checks: a release may add some, and say so in its
[changelog](../../CHANGELOG.md).

"""
TESTING: dict[str, tuple[ModuleType, tuple[str, ...]]] = {
    "A volume type": (conformance, ("VolumeTypeConformance", "Sample", "Site", "Saved", "departs")),
    "A store": (store_conformance, ("StoreConformance",)),
    "An engine": (engine_conformance, ("EngineConformance", "EngineSite")),
    "An engine in memory": (fake_engine, ("FakeEngine",)),
    "Its programs": (fake_programs, ("Call", "Files")),
    "What an engine is": (
        testing,
        (
            "Engine",
            "Exec",
            "HelperSpec",
            "EngineInfo",
            "ContainerInfo",
            "MountInfo",
            "VolumeInfo",
            "NetworkInfo",
        ),
    ),
}
SHOWN: dict[str, tuple[str, ...]] = {
    "VolumeTypeConformance": ("site", "saved"),
    "Site": ("compose", "start", "stop", "service"),
    "EngineConformance": (),
    "FakeEngine": ("add_image", "add_volume", "add_container", "add_network"),
}
"""Members of classes that have others, too, which are not for tests of a plugin or are those of Engine."""
EXPLAINED = ("VolumeTypeConformance",)
"""Kits whose checks are explained elsewhere."""


@dataclass(frozen=True)
class Member:
    """A method, property or field of a public class, or a hook: its signature as it stands in the source, and
    its contract."""

    owner: str
    name: str
    signature: str
    text: str
    method: bool = True


def hooks() -> list[Member]:
    """The hooks."""
    tree = ast.parse(inspect.getsource(hookspecs))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [Member("", node.name, _signature(node), ast.get_docstring(node) or "") for node in found]


def members(cls: type) -> list[Member]:
    """What the public class has: fields, properties and methods of its own, or of its bases in the kit, in
    the order of the source. The checks of a kit are none."""
    found: dict[str, Member] = {}
    for body in _bodies(cls):
        for node, after in zip(body, [*body[1:], None], strict=True):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith(("_", "test_")):
                found.setdefault(node.name, _function(cls.__name__, node))
            elif isinstance(node, ast.AnnAssign | ast.Assign):
                field = _field(cls.__name__, node, after)
                found |= {field.name: field} if not field.name.startswith("_") else {}
    shown = SHOWN.get(cls.__name__, found)
    return [member for name, member in found.items() if name in shown]


def checks(cls: type) -> list[str]:
    """What the kit holds of who subclasses it, in words."""
    names = (name for base in cls.__mro__ for name in vars(base) if name.startswith("test_"))
    return [name.removeprefix("test_").replace("_", " ") for name in dict.fromkeys(names)]


def _bodies(cls: type) -> Iterator[list[ast.stmt]]:
    for base in cls.__mro__ if cls.__module__.startswith("volops.testing") else [cls]:
        if base is cls or base.__module__.startswith("volops.testing"):
            yield _class(base).body


def kit_classes() -> list[type]:
    """The classes that tests may import."""
    found = [getattr(module, name) for module, names in TESTING.values() for name in names]
    return [each for each in found if inspect.isclass(each)]


def public_classes() -> list[str]:
    """Names of the classes that `volops` exports, errors included."""
    return [name for name in volops.__all__ if inspect.isclass(getattr(volops, name))]


def errors() -> list[str]:
    """Names of the errors that `volops` exports."""
    return [name for name in public_classes() if issubclass(getattr(volops, name), VolopsError)]


def reference() -> str:
    """The whole page."""
    return HEAD + "\n".join(_page()).rstrip("\n") + "\n"


def kit_reference() -> str:
    """The whole page of the kit."""
    return TESTING_HEAD + "\n".join(_testing_page()).rstrip("\n") + "\n"


def _testing_page() -> Iterator[str]:
    for title, (module, names) in TESTING.items():
        yield f"## {title}\n"
        yield f"From `{module.__name__}`:\n"
        for name in names:
            found = getattr(module, name)
            if inspect.isclass(found):
                yield from _described(found)
                if name not in EXPLAINED and (held := checks(found)):
                    yield "It holds:\n"
                    yield "\n".join(f"- {each}" for each in held) + "\n"
            else:
                yield from _described_function(found)


def _described_function(found: Callable[..., object]) -> Iterator[str]:
    nodes = ast.parse(inspect.getsource(found)).body
    (node,) = [each for each in nodes if isinstance(each, ast.FunctionDef)]
    yield f"### `{_signature(node)}`\n\n{ast.get_docstring(node)}\n"


def _page() -> Iterator[str]:
    yield "## Hooks\n"
    yield "Mark each with `@hookimpl`, which is imported from `volops`.\n"
    for hook in hooks():
        yield f"### `{hook.signature}`\n\n{hook.text}\n"
    for title, names in SECTIONS.items():
        yield f"## {title}\n"
        for name in names:
            yield from _described(getattr(volops, name))
    yield "## Errors\n"
    yield '`Error(message, *, next_step="")` unless the signature says otherwise; one line each.\n'
    yield "| Error | Exit code | When |\n|---|---|---|"
    for name in sorted(errors()):
        cls = getattr(volops, name)
        text = " ".join((cls.__doc__ or "").split())
        init = [node for node in _class(cls).body if isinstance(node, ast.FunctionDef)]
        signature = f"`{name}{_arguments(init[0])}`" if init and name != "VolopsError" else f"`{name}`"
        yield f"| {signature} | {cls.exit_code} | {text} |"


def _described(cls: type) -> Iterator[str]:
    bases = ", ".join(ast.unparse(base) for base in _class(cls).bases)
    yield f"### {cls.__name__}" + (f" ({bases})" if bases else "") + "\n"
    yield f"{inspect.getdoc(cls)}\n"
    found = members(cls)
    fields = [each for each in found if not each.method]
    if fields and not any(each.text for each in fields):
        yield "```python\n" + "\n".join(_formatted(each.signature) for each in fields) + "\n```\n"
    elif fields:
        yield "| Field | |\n|---|---|"
        yield from (f"| `{_cell(each.signature)}` | {' '.join(each.text.split())} |" for each in fields)
        yield ""
    for each in found:
        if each.method:
            yield f"#### `{cls.__name__}.{each.signature}`\n\n{each.text}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _formatted(text: str) -> str:
    """As ruff would have it, which formats the snippets of pages, too."""
    return text.replace("'", '"')


def _class(cls: type) -> ast.ClassDef:
    tree = ast.parse(inspect.getsource(importlib.import_module(cls.__module__)))
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)


def _function(owner: str, node: ast.FunctionDef) -> Member:
    text = ast.get_docstring(node) or ""
    if any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list):
        returns = ast.unparse(node.returns) if node.returns else ""
        return Member(owner, node.name, f"{node.name}: {returns}", text)
    return Member(owner, node.name, _signature(node), text)


def _field(owner: str, node: ast.AnnAssign | ast.Assign, after: ast.stmt | None) -> Member:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
    return Member(owner, ast.unparse(target), ast.unparse(node), str(text), method=False)


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}{_arguments(node)}{returns}"


def _arguments(node: ast.FunctionDef) -> str:
    return f"({ast.unparse(node.args)})".replace("(self, ", "(").replace("(self)", "()")


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(reference(), encoding="utf-8")
    TESTING_TARGET.write_text(kit_reference(), encoding="utf-8")
