"""Which type a volume is of, and what makes that impossible to say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin_discovery.conftest import Install
from volops.config import VolumeSettings
from volops.errors import ClaimConflict, ConfigInvalid, PluginBroken
from volops.model import Mount, Quiesce, Service, Volume
from volops.plugins import assign

DOCUMENTS = Volume("docs", "app-docs", mounts=(Mount(Service("mongo", "mongo:7"), "/data/db"),))
PICTURES = Volume("pictures", "app-pictures", mounts=(Mount(Service("app", "app"), "/srv/pictures"),))
NOTHING_SAID = VolumeSettings()


def test_a_type_recognises_its_volume(installed: Install) -> None:
    given = assign(DOCUMENTS, NOTHING_SAID, installed("good"))
    assert given.problem is None
    assert given.type is not None
    assert (given.type.cls.name, given.detected, given.explicit) == ("mongo", True, False)


def test_a_volume_that_no_type_recognises_is_plain_files(installed: Install) -> None:
    given = assign(PICTURES, NOTHING_SAID, installed("good"))
    assert given.problem is None
    assert given.type is not None
    assert (given.type.cls.name, given.detected, given.explicit) == ("files", False, False)


def test_what_is_configured_beats_what_is_recognised(installed: Install) -> None:
    registry = installed("good", "same_volume")
    given = assign(DOCUMENTS, VolumeSettings(type="files"), registry)
    assert given.problem is None
    assert given.type is not None
    assert (given.type.cls.name, given.detected, given.explicit) == ("files", False, True)
    assert assign(DOCUMENTS, VolumeSettings(type="mongo"), registry).problem is None


def test_other_settings_are_handed_on(installed: Install) -> None:
    said = VolumeSettings(backup=False, quiesce=Quiesce.STOP)
    given = assign(DOCUMENTS, said, installed("good"))
    assert (given.backup, given.quiesce) == (False, Quiesce.STOP)
    assert (assign(DOCUMENTS, NOTHING_SAID, installed("good")).backup) is None


def test_two_claims_are_an_error_that_names_both_distributions(installed: Install) -> None:
    problem = assign(DOCUMENTS, NOTHING_SAID, installed("good", "same_volume")).problem
    assert isinstance(problem, ClaimConflict)
    assert "'mongo' (plugin mongo of volops-mongo 1.2)" in problem.message
    assert "'documents' (plugin documents of volops-documents 2.0)" in problem.message
    assert problem.next_step == "say which it is with x-volops.volumes.docs.type"
    assert problem.exit_code == 2


def test_a_type_that_nobody_gives(installed: Install) -> None:
    problem = assign(DOCUMENTS, VolumeSettings(type="mongoo"), installed("good")).problem
    assert isinstance(problem, PluginBroken)
    assert problem.message.startswith("x-volops.volumes.docs.type: no plugin gives a volume type 'mongoo'")
    assert "files" in problem.next_step
    assert "mongo" in problem.next_step


def test_a_type_that_is_named_while_plugins_are_broken_names_them(installed: Install) -> None:
    problem = assign(DOCUMENTS, VolumeSettings(type="document"), installed("import_fails")).problem
    assert isinstance(problem, PluginBroken)
    assert "plugin missing of volops-missing 1.0 is broken: it cannot be imported" in problem.message


def test_a_type_of_a_broken_plugin(installed: Install) -> None:
    registry = installed("good", "same_type")
    for said in (VolumeSettings(type="mongo"), NOTHING_SAID):
        problem = assign(DOCUMENTS, said, registry).problem
        assert isinstance(problem, PluginBroken)
        assert "is also given by" in problem.message


def test_a_volume_that_a_broken_plugins_type_recognises_is_not_plain_files(installed: Install) -> None:
    registry = installed("second_hook_misspelt")
    problem = assign(DOCUMENTS, NOTHING_SAID, registry).problem
    assert isinstance(problem, PluginBroken)
    assert "plugin half of volops-half 1.0 is broken" in problem.message
    assert assign(PICTURES, NOTHING_SAID, registry).problem is None


def test_a_volume_that_a_broken_plugin_may_own_is_not_plain_files(installed: Install) -> None:
    registry = installed("good", "import_fails")
    problem = assign(PICTURES, NOTHING_SAID, registry).problem
    assert isinstance(problem, PluginBroken)
    assert "the type of volume 'pictures' cannot be told" in problem.message
    assert "or name the type with x-volops.volumes.pictures.type" in problem.next_step
    assert assign(PICTURES, VolumeSettings(type="files"), registry).problem is None
    assert assign(DOCUMENTS, NOTHING_SAID, registry).problem is None


def test_a_type_that_raises_when_it_looks_counts_only_if_nobody_else_knows(installed: Install) -> None:
    registry = installed("good", "detect_raises")
    assert assign(DOCUMENTS, NOTHING_SAID, registry).problem is None
    problem = assign(PICTURES, NOTHING_SAID, registry).problem
    assert isinstance(problem, PluginBroken)
    assert problem.message == (
        "type 'detect' (plugin detect of volops-detect 1.0) failed to look at volume 'pictures': "
        "KeyError: 'com.example.document'"
    )


def options(installed: Install, **said: Any) -> Any:
    given = assign(DOCUMENTS, VolumeSettings(options=said), installed("with_options"))
    if given.problem:
        raise given.problem
    return given.options


def test_options_are_made_from_what_is_configured(installed: Install) -> None:
    made = options(installed, jobs=4, exclude=["tmp", "cache"])
    assert (made.jobs, made.exclude, made.database) == (4, ("tmp", "cache"), None)
    assert options(installed).jobs == 1


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"jbos": 4}, "x-volops.volumes.docs.jbos: volume type 'tunable' has no such option"),
        ({"jobs": "four"}, "x-volops.volumes.docs.jobs: input should be a valid integer"),
        ({"jobs": 0}, "x-volops.volumes.docs: must be at least 1 job"),
        ({"exclude": ["a", 1]}, "x-volops.volumes.docs.exclude.1: input should be a valid string"),
    ],
)
def test_a_wrong_option_is_told_with_its_path(installed: Install, said: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        options(installed, **said)
    assert caught.value.message == message


def test_options_that_raise_what_they_should_not_are_the_plugins_fault(installed: Install) -> None:
    said = VolumeSettings(options={"region": "nowhere"})
    registry = installed("options_raise")
    problem = assign(DOCUMENTS, said, registry).problem
    assert isinstance(problem, PluginBroken)
    assert problem.message == (
        "the options of volume type 'regional' (plugin options_raise of volops-options-raise 1.0) cannot be "
        "checked: KeyError: 'nowhere'"
    )
    assert assign(DOCUMENTS, VolumeSettings(options={"region": "there"}), registry).problem is None


def test_an_option_for_a_type_without_options_is_told_with_its_path(installed: Install) -> None:
    problem = assign(DOCUMENTS, VolumeSettings(options={"jobs": 1}), installed("good")).problem
    assert isinstance(problem, ConfigInvalid)
    assert problem.message == "x-volops.volumes.docs.jobs: volume type 'mongo' has no such option"
    assert problem.next_step == "it has: none"
