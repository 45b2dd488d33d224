"""What a copy of a stack would share with the machine or with others, and cannot be given of its own.

The keys are those of the Compose Specification's `services` element. A key that is not known here is a
reason to refuse: what it does may not be contained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_KEPT = frozenset(
    [
        "attach",
        "blkio_config",
        "build",
        "cap_add",
        "cap_drop",
        "cgroup",
        "command",
        "configs",
        "cpu_count",
        "cpu_percent",
        "cpu_period",
        "cpu_quota",
        "cpu_rt_period",
        "cpu_rt_runtime",
        "cpu_shares",
        "cpus",
        "cpuset",
        "depends_on",
        "deploy",
        "dns",
        "dns_opt",
        "dns_search",
        "domainname",
        "entrypoint",
        "environment",
        "expose",
        "extra_hosts",
        "group_add",
        "healthcheck",
        "hostname",
        "image",
        "init",
        "ipc",
        "isolation",
        "links",
        "mem_limit",
        "mem_reservation",
        "mem_swappiness",
        "memswap_limit",
        "network_mode",
        "networks",
        "oom_kill_disable",
        "oom_score_adj",
        "pid",
        "pids_limit",
        "platform",
        "ports",
        "post_start",
        "pre_stop",
        "pull_policy",
        "read_only",
        "restart",
        "runtime",
        "scale",
        "secrets",
        "security_opt",
        "shm_size",
        "stdin_open",
        "stop_grace_period",
        "stop_signal",
        "storage_opt",
        "sysctls",
        "tmpfs",
        "tty",
        "ulimits",
        "user",
        "userns_mode",
        "uts",
        "volumes",
        "volumes_from",
        "working_dir",
    ]
)
LEFT_OUT = frozenset(
    [
        "annotations",
        "cgroup_parent",
        "container_name",
        "develop",
        "env_file",
        "extends",
        "label_file",
        "labels",
        "logging",
        "mac_address",
        "profiles",
    ]
)
"""Keys that the copy goes without: names, and what outsiders such as proxies and updaters act upon.
`env_file` is in `environment` by then."""
_SHARED = {
    "credential_spec": "uses credentials of the machine",
    "device_cgroup_rules": "has rules for devices of the machine",
    "devices": "uses devices of the machine",
    "external_links": "is linked to containers outside the project",
    "gpus": "uses devices of the machine",
    "models": "uses models of the machine",
    "privileged": "is privileged",
    "provider": "is made by a program outside the engine",
    "use_api_socket": "controls the engine",
}
_NAMESPACES = {
    "cgroup": "control groups",
    "ipc": "shared memory",
    "network_mode": "network",
    "pid": "processes",
    "userns_mode": "users",
    "uts": "host name",
}
_CAPABILITIES = frozenset(
    [
        "ALL",
        "BPF",
        "DAC_READ_SEARCH",
        "PERFMON",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_TIME",
        "SYSLOG",
    ]
)
"""With these root in a container reaches the machine itself (capabilities(7))."""


def reasons_against(config: Mapping[str, Any]) -> Iterator[str]:
    """Why the resolved project cannot be copied safely, apart from its bind mounts; nothing when it can."""
    for name, service in (config.get("services") or {}).items():
        for reason in _of_service(service):
            yield f"service {name!r} {reason}"
        for each in service.get("volumes_from") or ():
            if str(each).startswith("container:"):
                yield f"service {name!r} mounts the volumes of a container outside the project"
    for what in ("configs", "secrets"):
        for name, said in (config.get(what) or {}).items():
            if (said or {}).get("external"):
                yield f"{what.removesuffix('s')} {name!r} is kept outside the project"
    if config.get("models"):
        yield "it uses models of the machine"


def _of_service(service: Mapping[str, Any]) -> Iterator[str]:
    yield from _of_keys(service)
    yield from _of_namespaces(service)
    yield from _of_capabilities(service)
    yield from _of_building(service.get("build") or {})
    yield from _of_parts(service)


def _of_keys(service: Mapping[str, Any]) -> Iterator[str]:
    for key, value in service.items():
        if key in _SHARED and value:
            yield f"{_SHARED[key]} (`{key}`)"
        elif key not in _SHARED and key not in _KEPT and key not in LEFT_OUT and not key.startswith("x-"):
            yield f"has the key `{key}`, of which this volops does not know whether a copy can have it"


def _of_namespaces(service: Mapping[str, Any]) -> Iterator[str]:
    for key, what in _NAMESPACES.items():
        value = str(service.get(key) or "")
        if value == "host":
            yield f"shares the {what} of the machine (`{key}: host`)"
        elif value.startswith("container:"):
            yield f"shares the {what} of a container outside the project (`{key}: {value}`)"
        elif key == "network_mode" and not _own_network(value):
            yield f"is in the network {value!r}, which is not the project's (`network_mode`)"


def _own_network(mode: str) -> bool:
    return mode in ("", "none", "bridge", "default") or mode.startswith("service:")


def _of_capabilities(service: Mapping[str, Any]) -> Iterator[str]:
    added = {str(each).upper().removeprefix("CAP_") for each in service.get("cap_add") or ()}
    for each in sorted(added & _CAPABILITIES):
        yield f"has the capability {each}, which reaches beyond its container (`cap_add`)"


def _of_building(build: Mapping[str, Any]) -> Iterator[str]:
    """What building its image reaches beyond that."""
    if build.get("privileged"):
        yield "is built by a privileged container (`build.privileged`)"
    if build.get("entitlements"):
        rights = ", ".join(map(str, build["entitlements"]))
        yield f"is built with the right to {rights} (`build.entitlements`)"
    network = str(build.get("network") or "")
    if network not in ("", "none", "default"):
        yield f"is built in the network {network!r}, which is not the project's (`build.network`)"


def _of_parts(service: Mapping[str, Any]) -> Iterator[str]:
    """What a key asks for in one of its parts."""
    for key in ("post_start", "pre_stop"):
        if any(hook.get("privileged") for hook in service.get(key) or ()):
            yield f"runs a privileged program in its container (`{key}`)"
    resources = (service.get("deploy") or {}).get("resources") or {}
    if (resources.get("reservations") or {}).get("devices"):
        yield "uses devices of the machine (`deploy.resources.reservations.devices`)"
    # With them /proc/sys of the machine can be written (dockerd, `--security-opt systempaths`).
    options = service.get("security_opt") or ()
    if any(str(option).replace(":", "=") == "systempaths=unconfined" for option in options):
        yield "writes to settings of the machine's kernel (`security_opt: systempaths=unconfined`)"
