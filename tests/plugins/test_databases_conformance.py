"""The types of databases pass the kit that strangers' types pass."""

from __future__ import annotations

import pytest
from volops_plugins.postgres import Postgres
from volops_plugins.redis import Redis

from tests.plugins.samples import Cache, Cluster
from volops import VolumeType
from volops.testing.conformance import Sample, VolumeTypeConformance


class TestPostgres(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return Postgres

    @pytest.fixture
    def sample(self) -> Sample:
        return Cluster()


class TestRedis(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return Redis

    @pytest.fixture
    def sample(self) -> Sample:
        return Cache()
