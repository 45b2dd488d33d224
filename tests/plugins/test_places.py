"""Each volume is claimed by one bundled type at most, and left out of no backup by mistake."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from volops_plugins import logs, media, node_modules, postgres, redis, static

from tests.live import mounted
from volops.model import Mount, Service, Volume
from volops.volume_type import VolumeType

MODULES = (postgres, redis, media, static, node_modules, logs)
TYPES: list[VolumeType] = [
    cls() for cls in chain.from_iterable(module.volops_volume_types() for module in MODULES)
]


def claims(volume: Volume) -> list[str]:
    return [volume_type.name for volume_type in TYPES if volume_type.detect(volume)]


def test_there_are_six() -> None:
    names = [volume_type.name for volume_type in TYPES]
    assert names == ["postgres", "redis", "media", "static", "node_modules", "logs"]


@pytest.mark.parametrize(
    ("claim", "image", "target"),
    [
        ("media", "app-backend", "/app/media"),
        ("media", "app-backend", "/app/media/"),
        ("media", "python:3.13", "/usr/src/app/mediafiles"),
        ("media", "nginx:1.27", "/srv/media"),
        ("media", "wordpress:php8.3-apache", "/var/www/html/wp-content/uploads"),
        ("media", "registry.example.com:5000/shop/web", "/var/www/app/public/uploads"),
        ("media", "strapi", "/opt/app/public/uploads"),
        ("media", "directus/directus:11", "/directus/uploads"),
        ("media", "app", "/data/media"),
        ("media", "app", "/srv/user-files"),
        ("media", "app", "/srv/user_uploads"),
        ("media", "app", "/App/Media"),
        ("media", "app", "/var/lib/app/attachments"),
        ("media", "app", "/srv/backend-media"),
        ("static", "app-backend", "/app/staticfiles"),
        ("static", "app-backend", "/app/static"),
        ("static", "nginx", "/usr/share/nginx/html/static"),
        ("static", "app", "/app/public/static"),
        ("static", "rails", "/rails/public/assets"),
        ("static", "app", "/srv/static_files"),
        ("static", "app", "/srv/static-root"),
        ("node_modules", "node:22", "/app/node_modules"),
        ("node_modules", "node:22", "/workspace/packages/web/node_modules/"),
        ("logs", "nginx", "/var/log/nginx"),
        ("logs", "nginx", "/var/log"),
        ("logs", "app", "/app/logs"),
        ("logs", "app", "/app/log"),
        ("logs", "postgres:17", "/var/log/postgresql"),
        ("postgres", "postgres:17", "/var/lib/postgresql/data"),
        ("postgres", "postgres:18", "/var/lib/postgresql"),
        ("postgres", "app-db", "/var/lib/postgresql/data"),
        ("redis", "redis:8", "/data"),
        ("redis", "valkey/valkey:8-alpine", "/data"),
        ("redis", "app-cache", "/var/lib/redis"),
    ],
)
def test_usual_volumes_are_recognised(claim: str, image: str, target: str) -> None:
    assert claims(mounted(target, image=image)) == [claim]


@pytest.mark.parametrize(
    ("image", "target"),
    [
        ("app", "/data"),
        ("app", "/app/assets"),
        ("app", "/app"),
        ("app", "/"),
        ("app", "/app/blog"),
        ("app", "/app/changelog"),
        ("app", "/app/catalog"),
        ("app", "/app/statics-of-1999"),
        ("app", "/media/backup"),
        ("app", "/app/node_modules/.cache"),
        ("mysql:8", "/var/lib/mysql"),
        ("bitnami/kafka:3", "/var/lib/kafka/logs"),
        ("apache/kafka", "/opt/kafka/logs"),
        ("my-broker", "/var/lib/kafka/logs"),
        ("confluentinc/cp-zookeeper", "/var/lib/zookeeper/log"),
        ("zookeeper:3.9", "/datalog"),
        ("grafana/loki", "/logs"),
        ("mongo:8", "/srv/uploads"),
        ("postgres:17", "/backup/media"),
        ("redis:8", "/logs"),
    ],
)
def test_what_nobody_knows_for_sure_is_left_to_plain_files(image: str, target: str) -> None:
    assert claims(mounted(target, image=image)) == []


def test_a_volume_that_one_service_writes_and_another_reads_belongs_to_the_writer() -> None:
    proxy, app, shipper = (Service(name, name) for name in ("proxy", "app", "shipper"))
    data = Volume("v", "v", mounts=(Mount(app, "/app/data"), Mount(shipper, "/logs", read_only=True)))
    assert claims(data) == []
    served = Volume("v", "v", mounts=(Mount(app, "/app/data"), Mount(proxy, "/srv/static", read_only=True)))
    assert claims(served) == []
    collected = Volume(
        "v", "v", mounts=(Mount(app, "/app/staticfiles"), Mount(proxy, "/srv/public", read_only=True))
    )
    assert claims(collected) == ["static"]
    logged = Volume("v", "v", mounts=(Mount(proxy, "/var/log/nginx"), Mount(shipper, "/in", read_only=True)))
    assert claims(logged) == ["logs"]


def test_uploads_are_uploads_whoever_says_so() -> None:
    app, proxy = Service("app", "app"), Service("proxy", "nginx")
    volume = Volume("v", "v", mounts=(Mount(app, "/app/files"), Mount(proxy, "/srv/media", read_only=True)))
    assert claims(volume) == ["media"]
    disputed = Volume("v", "v", mounts=(Mount(app, "/app/static"), Mount(proxy, "/app/uploads")))
    assert claims(disputed) == ["media"]


def test_two_writers_that_disagree_are_believed_neither() -> None:
    one, other = Service("one", "app"), Service("other", "app")
    assert claims(Volume("v", "v", mounts=(Mount(one, "/app/logs"), Mount(other, "/app/static")))) == []
    assert claims(Volume("v", "v", mounts=(Mount(one, "/app/node_modules"), Mount(other, "/var/log")))) == []


def test_a_cluster_is_a_cluster_wherever_it_lies() -> None:
    volume = mounted("/srv/media", image="app-db", environment={"PGDATA": "/srv/media/pg"})
    assert claims(volume) == ["postgres"]
    volume = mounted("/var/log", image="app-db", environment={"PGDATA": "/var/log"})
    assert claims(volume) == ["postgres"]


IMAGES = st.sampled_from(
    [
        "postgres:17",
        "postgis/postgis",
        "redis:8",
        "valkey/valkey",
        "app-db",
        "app-cache",
        "redis-commander",
        "nginx:1",
        "node:22",
        "shop-backend",
        "reg.example.com:5000/a/redis@sha256:00",
        "mysql",
        "bitnami/postgresql",
        "wordpress",
    ]
)
STEPS = st.sampled_from(
    [
        "app",
        "srv",
        "var",
        "lib",
        "log",
        "logs",
        "www",
        "html",
        "data",
        "media",
        "uploads",
        "upload",
        "static",
        "staticfiles",
        "public",
        "assets",
        "node_modules",
        "postgresql",
        "redis",
        "pgdata",
        "bitnami",
        "main",
        "17",
        "wp-content",
        "user-files",
        "valkey",
        "nginx",
        "Media",
    ]
)
TARGETS = st.lists(STEPS, max_size=5).map(lambda steps: "/" + "/".join(steps))
KNOWN = st.sampled_from(
    [
        "/var/lib/postgresql/data",
        "/var/lib/postgresql",
        "/data",
        "/var/lib/redis",
        "/bitnami/redis/data",
        "/bitnami/postgresql",
        "/home/postgres/pgdata",
        "/var/log/nginx",
        "/app/media",
    ]
)
ENVIRONMENTS: st.SearchStrategy[dict[str, str]] = st.just({}) | st.fixed_dictionaries(
    {"PGDATA": TARGETS | KNOWN}
)
COMMANDS = st.sampled_from(
    ((), ("redis-server", "--appendonly", "yes"), ("/usr/bin/valkey-server",), ("node",))
)
SERVICES = st.builds(
    lambda name, image, command, environment: Service(name, image, command=command, environment=environment),
    st.sampled_from("abc"),
    IMAGES,
    COMMANDS,
    ENVIRONMENTS,
)
MOUNTS = st.lists(st.builds(Mount, SERVICES, TARGETS | KNOWN, st.booleans()), max_size=3)


@settings(max_examples=500)
@given(MOUNTS)
def test_no_volume_has_two_claims(mounts: list[Mount]) -> None:
    claimed = claims(Volume("v", "v", mounts=tuple(mounts)))
    # Where a cluster and a Redis server share one volume, the user must say what it is.
    assert len(claimed) <= 1 or claimed == ["postgres", "redis"]
