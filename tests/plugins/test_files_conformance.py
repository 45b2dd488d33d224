"""The types of files pass the kit that strangers' types pass."""

from __future__ import annotations

import pytest
from volops_plugins.logs import Logs
from volops_plugins.media import Media
from volops_plugins.node_modules import NodeModules
from volops_plugins.static import Static

from tests.plugins.samples import Assets, LogFiles, Packages, SomeFiles, Uploads
from volops import VolumeType
from volops.file_tree import PlainFiles
from volops.plugins import RegisteredType, discover
from volops.testing.conformance import Sample, VolumeTypeConformance, departs
from volops.testing.conformance.sample import volume_of


class TestMedia(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return Media

    @pytest.fixture
    def sample(self) -> Sample:
        return Uploads()


class TestStatic(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return Static

    @pytest.fixture
    def sample(self) -> Sample:
        return Assets()


class TestLogs(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return Logs

    @pytest.fixture
    def sample(self) -> Sample:
        return LogFiles()


class TestNodeModules(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return NodeModules

    @pytest.fixture
    def sample(self) -> Sample:
        return Packages()


class TestPlainFiles(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return PlainFiles

    @pytest.fixture
    def sample(self) -> Sample:
        return SomeFiles()

    @departs("the core gives it, no plugin does")
    def test_its_plugin_works_and_no_other_has_its_name(self, volume_type: type[VolumeType]) -> None:
        assert discover().types[volume_type.name].plugin == "core"

    @departs("the core gives it, and has the interface")
    def test_its_plugin_states_the_interface_it_was_written_for(self, registered: RegisteredType) -> None:
        assert registered.distribution == "volops"

    @departs("the core falls back on it; it recognises no volume by itself")
    def test_it_recognises_its_sample(self, volume_type: type[VolumeType], sample: Sample) -> None:
        assert not volume_type().detect(volume_of(sample))
