"""What volops reads of a compose project is what `docker compose` makes of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from volops.compose import Compose, ComposeOptions, load_stack
from volops.errors import (
    ComposeInvalid,
    ComposeUnavailable,
    InvalidUse,
    NoComposeFile,
    ServiceNotRunning,
    UnknownService,
)
from volops.model import Stack, Volume, VolumeKind

IMAGE = "debian:trixie-slim"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project directory, which is also the working directory."""
    for variable in [name for name in os.environ if name.startswith("COMPOSE_")]:
        monkeypatch.delenv(variable)
    directory = tmp_path / "shop"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def read(text: str, **named: tuple[str, ...] | str) -> Stack:
    """Write `text` as compose.yaml of the working directory and read the project."""
    Path("compose.yaml").write_text(text)
    return load_stack(ComposeOptions(**named))  # type: ignore[arg-type]


def volume(stack: Stack, key: str) -> Volume:
    return next(volume for volume in stack.volumes if volume.key == key)


class TestVolumes:
    def test_a_named_volume_has_the_name_that_compose_gives_it(self, project: Path) -> None:
        stack = read(
            "services: {db: {image: i, volumes: ['data:/d', 'fixed:/f']}}\n"
            "volumes: {data: , fixed: {name: mine}}"
        )
        assert volume(stack, "data").name == f"{project.name}_data"
        assert volume(stack, "fixed").name == "mine"
        assert volume(stack, "data").kind is VolumeKind.NAMED

    @pytest.mark.usefixtures("project")
    def test_an_external_volume_keeps_its_own_name(self) -> None:
        stack = read(
            "services: {a: {image: i, volumes: ['v1:/1', 'v2:/2']}}\n"
            "volumes: {v1: {external: true}, v2: {external: true, name: elsewhere}}"
        )
        assert [(v.key, v.name, v.external) for v in stack.volumes] == [
            ("v1", "v1", True),
            ("v2", "elsewhere", True),
        ]

    @pytest.mark.usefixtures("project")
    def test_driver_options_and_labels_are_known(self) -> None:
        stack = read(
            "services: {a: {image: i, volumes: ['v1:/1']}}\n"
            "volumes: {v1: {driver: special, driver_opts: {size: 10}, labels: [team=shop]}}"
        )
        found = volume(stack, "v1")
        assert (found.driver, dict(found.driver_options), dict(found.labels)) == (
            "special",
            {"size": "10"},
            {"team": "shop"},
        )

    @pytest.mark.usefixtures("project")
    def test_long_syntax_gives_target_mode_and_subpath(self) -> None:
        stack = read(
            """
            services:
              a:
                image: i
                volumes:
                  - {type: volume, source: data, target: /in, read_only: true, volume: {subpath: part}}
                  - data:/short:ro
            volumes: {data: }
            """
        )
        mounts = volume(stack, "data").mounts
        assert [(m.service.name, m.target, m.read_only, m.subpath) for m in mounts] == [
            ("a", "/in", True, "part"),
            ("a", "/short", True, ""),
        ]

    @pytest.mark.usefixtures("project")
    def test_a_volume_without_a_name_is_known_by_service_and_path(self) -> None:
        stack = read("services: {backend: {image: i, volumes: [/data, {type: volume, target: /more}]}}")
        assert [(v.key, v.name, v.kind) for v in stack.volumes] == [
            ("backend:/data", "", VolumeKind.ANONYMOUS),
            ("backend:/more", "", VolumeKind.ANONYMOUS),
        ]

    def test_a_bind_mount_is_known_by_its_host_path_and_shared(self, project: Path) -> None:
        stack = read(
            "services: {a: {image: i, volumes: ['./logs:/l']}, b: {image: i, volumes: ['./logs:/m:ro']}}"
        )
        path = str(project / "logs")
        found = volume(stack, path)
        assert (found.name, found.kind, found.services, found.targets) == (
            path,
            VolumeKind.BIND,
            ("a", "b"),
            ("/l", "/m"),
        )
        assert stack.binds == (found,)
        assert stack.named_volumes == ()

    @pytest.mark.usefixtures("project")
    def test_sockets_devices_and_memory_are_no_volumes(self) -> None:
        stack = read(
            """
            services:
              a:
                image: i
                tmpfs: /run
                volumes:
                  - {type: tmpfs, target: /tmp}
                  - /var/run/docker.sock:/var/run/docker.sock
                  - /dev/null:/nothing
                  - /proc/cpuinfo:/cpu
                  - /run/not-there-yet.sock:/s
            """
        )
        assert stack.volumes == ()

    @pytest.mark.usefixtures("project")
    def test_volumes_from_another_service_are_mounts_too(self) -> None:
        stack = read(
            "services: {a: {image: i, volumes: ['data:/d', /anon]}, b: {image: i, volumes_from: ['a:ro']}}\n"
            "volumes: {data: }"
        )
        assert [(m.service.name, m.read_only) for m in volume(stack, "data").mounts] == [
            ("a", False),
            ("b", True),
        ]
        assert volume(stack, "a:/anon").services == ("a", "b")


class TestServices:
    @pytest.mark.usefixtures("project")
    def test_services_of_inactive_profiles_are_known_and_marked(self) -> None:
        text = (
            "services: {a: {image: i, volumes: ['data:/d']}, job: {image: i, profiles: [jobs], "
            "volumes: ['work:/w']}}\nvolumes: {data: , work: }"
        )
        stack = read(text)
        assert [(s.name, s.active, s.profiles) for s in stack.services] == [
            ("a", True, ()),
            ("job", False, ("jobs",)),
        ]
        assert not volume(stack, "work").active
        assert volume(read(text, profiles=("jobs",)), "work").active

    @pytest.mark.usefixtures("project")
    def test_profiles_come_from_the_environment_and_from_dot_env(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = "services: {job: {image: i, profiles: [jobs]}, more: {image: i, profiles: [more]}}"
        Path(".env").write_text("COMPOSE_PROFILES=jobs\n")
        assert [s.active for s in read(text).services] == [True, False]
        monkeypatch.setenv("COMPOSE_PROFILES", "more")
        assert [s.active for s in read(text).services] == [False, True]

    @pytest.mark.usefixtures("project")
    def test_an_inactive_service_that_cannot_be_read_is_left_out_and_said(self) -> None:
        stack = read("services: {a: {image: i}, job: {image: i, profiles: [jobs], env_file: missing.env}}")
        assert [s.name for s in stack.services] == ["a"]
        assert not stack.complete
        assert "missing.env not found" in stack.warnings[-1]

    def test_a_service_that_is_only_built_has_the_image_that_compose_builds(self, project: Path) -> None:
        assert read("services: {web: {build: .}}").services[0].image == f"{project.name}-web"

    @pytest.mark.usefixtures("project")
    def test_command_environment_and_dependencies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GREETING", "hello")
        stack = read(
            """
            services:
              a:
                image: i
                command: run --fast 'two words' $$HOME
                environment: {WORD: "pa$$$$w", GIVEN: "${GREETING}", UNSET: }
                depends_on: {b: {condition: service_healthy}, c: {condition: service_completed_successfully}}
              b: {image: i, entrypoint: [server, --fast], command: [one, "t w o"]}
              c: {image: i}
            """
        )
        a, b, _ = stack.services
        assert a.command == ("run", "--fast", "two words", "$HOME")
        assert b.command == ("server", "--fast", "one", "t w o")
        assert a.environment == {"WORD": "pa$$w", "GIVEN": "hello"}
        assert a.depends_on == ("b", "c")
        assert a.jobs == ("c",)
        assert a.healthy == ("b",)

    @pytest.mark.usefixtures("project")
    def test_secrets_of_the_environment_do_not_show_in_repr(self) -> None:
        stack = read("services: {a: {image: i, environment: {PASSWORD: open-sesame}}}")
        assert "open-sesame" not in repr(stack)


class TestProject:
    @pytest.mark.usefixtures("project")
    def test_the_extension_is_handed_on_as_it_is(self) -> None:
        stack = read("services: {a: {image: i}}\nx-volops: {volumes: {db: {type: postgres}}}")
        assert stack.extension == {"volumes": {"db": {"type": "postgres"}}}

    @pytest.mark.usefixtures("project")
    def test_options_mean_what_they_mean_to_compose(self, tmp_path: Path) -> None:
        other = tmp_path / "other.yaml"
        other.write_text("services: {a: {image: '${TAG}', volumes: ['data:/d']}}\nvolumes: {data: }")
        Path("settings.env").write_text("TAG=image:7\n")
        stack = load_stack(
            ComposeOptions(
                files=(str(other),),
                project="named",
                project_directory=str(tmp_path),
                env_files=("settings.env",),
            )
        )
        assert stack.project == "named"
        assert stack.directory == tmp_path
        assert stack.volumes[0].name == "named_data"
        assert stack.services[0].image == "image:7"

    @pytest.mark.usefixtures("project")
    def test_what_compose_warns_of_is_kept(self) -> None:
        stack = read("services: {a: {image: 'i${NOWHERE}'}}")
        assert stack.warnings == ('The "NOWHERE" variable is not set. Defaulting to a blank string.',)
        assert stack.complete


class TestFiles:
    """Compose writes the files it used into labels of what it creates: these are the truth."""

    @pytest.fixture
    def created(self, project: Path) -> Iterator[list[str]]:
        """Options under which the project was created, to be removed at the end."""
        options: list[str] = []
        yield options
        subprocess.run(
            ["docker", "compose", *options, "down", "-v", "--remove-orphans"],
            check=True,
            capture_output=True,
            cwd=project,
        )

    def labelled(self, options: list[str]) -> tuple[list[str], str]:
        name = f"cliw-{uuid.uuid4().hex[:8]}"
        options += ["-p", name]
        create = ["docker", "compose", *options, "create", "--no-build"]
        subprocess.run(create, check=True, capture_output=True)
        ask = ["docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={name}"]
        container = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.split()[0]
        inspect = ["docker", "inspect", "-f", "{{json .Config.Labels}}", container]
        labels = json.loads(subprocess.run(inspect, check=True, capture_output=True).stdout)
        prefix = "com.docker.compose.project."
        return labels[f"{prefix}config_files"].split(","), labels[f"{prefix}working_dir"]

    def agree(self, options: list[str], **named: tuple[str, ...] | str) -> None:
        files, directory = self.labelled(options)
        stack = load_stack(ComposeOptions(**named))  # type: ignore[arg-type]
        assert [str(file) for file in stack.files] == files
        assert str(stack.directory) == directory

    SERVICE = f"services: {{a: {{image: '{IMAGE}'}}}}"

    def test_the_default_file_and_its_override(self, created: list[str]) -> None:
        Path("docker-compose.yml").write_text(self.SERVICE)
        Path("docker-compose.override.yaml").write_text("services: {a: {init: true}}")
        self.agree(created)

    def test_the_first_of_several_default_files(self, created: list[str]) -> None:
        Path("compose.yaml").write_text(self.SERVICE)
        Path("docker-compose.yml").write_text(self.SERVICE)
        self.agree(created)

    def test_the_file_of_a_directory_above(
        self, created: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (project / "compose.yml").write_text(self.SERVICE)
        (project / "deep" / "er").mkdir(parents=True)
        monkeypatch.chdir(project / "deep" / "er")
        self.agree(created)

    def test_files_named_by_options(self, created: list[str], project: Path) -> None:
        (project / "sub").mkdir()
        (project / "sub" / "one.yaml").write_text(self.SERVICE)
        (project / "two.yaml").write_text("services: {a: {init: true}}")
        created += ["-f", "sub/one.yaml", "-f", "two.yaml"]
        self.agree(created, files=("sub/one.yaml", "two.yaml"))

    def test_a_project_directory_elsewhere(self, created: list[str], project: Path) -> None:
        (project / "sub").mkdir()
        (project / "sub" / "compose.yaml").write_text(self.SERVICE)
        created += ["--project-directory", "sub"]
        self.agree(created, project_directory="sub")

    def test_compose_file_in_the_environment(
        self, created: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("one.yaml").write_text(self.SERVICE)
        Path("two.yaml").write_text("services: {a: {init: true}}")
        monkeypatch.setenv("COMPOSE_PATH_SEPARATOR", ";")
        monkeypatch.setenv("COMPOSE_FILE", "one.yaml;two.yaml")
        self.agree(created)

    @pytest.mark.parametrize(
        "lines",
        [
            '# which\nexport COMPOSE_FILE="deploy/one.yaml"',
            "COMPOSE_FILE=deploy/one.yaml # production",
            'COMPOSE_FILE="deploy/one.yaml" # production',
            "COMPOSE_FILE: deploy/one.yaml",
            "WHERE=deploy\nCOMPOSE_FILE=${WHERE}/one.yaml",
            "COMPOSE_FILE='deploy/one.yaml'\nCOMPOSE_FILE=deploy/one.yaml",
            "COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=deploy/one.yaml;deploy/two.yaml",
            "COMPOSE_FILE=deploy/has$$sign.yaml",
            "# COMPOSE_FILE=none.yaml\nCOMPOSE_FILE=deploy/one.yaml\nCOMPOSE_PROJECT_NAME=\n",
        ],
    )
    def test_compose_file_in_dot_env(self, lines: str, created: list[str]) -> None:
        Path("deploy").mkdir()
        for name in ("one", "has$sign", "has$$sign"):
            (Path("deploy") / f"{name}.yaml").write_text(self.SERVICE)
        Path("deploy/two.yaml").write_text("services: {a: {init: true}}")
        Path("compose.yaml").write_text("services: {wrong: {image: none}}")
        Path(".env").write_text(f"{lines}\n")
        self.agree(created)

    def test_compose_file_in_an_env_file_beside_another(
        self, created: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("one.yaml").write_text(self.SERVICE)
        Path("first.env").write_text("NAME=one\n")
        Path("second.env").write_text("COMPOSE_FILE=${NAME}.yaml\n")
        monkeypatch.setenv("COMPOSE_ENV_FILES", "first.env,second.env")
        self.agree(created)

    def test_an_env_file_that_is_not_to_be_read(
        self, created: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("compose.yaml").write_text(self.SERVICE)
        Path(".env").write_text("COMPOSE_FILE=deploy/none.yaml\n")
        monkeypatch.setenv("COMPOSE_DISABLE_ENV_FILE", "1")
        self.agree(created)
        assert load_stack(ComposeOptions()).env_files == ()


class TestReferredFiles:
    """What must not be missing when the project is set up anew from its files."""

    def referred(self, project: Path, **files: str) -> set[str]:
        """Write the files (`__` for a slash, `_` for a dot) and ask which of them are referred to."""
        for name, text in files.items():
            path = project / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text)
        options = ComposeOptions()
        found = Compose(options, load_stack(options)).referred_files()
        return {str(path.relative_to(project)) for path in found}

    def test_env_files_of_services_in_every_way_to_write_them(self, project: Path) -> None:
        compose = """
            services:
              one: {image: i, env_file: one.env}
              two: {image: i, env_file: [two.env, ./deep/three.env]}
              four: {image: i, env_file: [{path: four.env, required: false}, {path: no.env, required: false}]}
              five: {image: i, environment: {env_file: six.env}}
        """
        variables = {f"{name}_env": "A=1" for name in ("one", "two", "deep__three", "four", "six")}
        assert self.referred(project, compose_yaml=compose, **variables) == {
            "one.env",
            "two.env",
            "deep/three.env",
            "four.env",
        }

    def test_included_files_and_what_these_refer_to(self, project: Path) -> None:
        found = self.referred(
            project,
            compose_yaml="include: [shop/compose.yaml, {path: [bar/a.yaml, bar/b.yaml], env_file: bar.env}]",
            shop__compose_yaml="include: [deeper/compose.yaml]\nservices: {s: {image: i, env_file: s.env}}",
            shop__s_env="A=1",
            shop__deeper__compose_yaml="services: {d: {image: i, env_file: [d.env]}}",
            shop__deeper__d_env="A=1",
            bar__a_yaml="services: {a: {image: i}}",
            bar__b_yaml="services: {a: {env_file: beside.env}}",
            bar__beside_env="A=1",
            bar_env="A=1",
        )
        assert found == {
            "shop/compose.yaml",
            "shop/s.env",
            "shop/deeper/compose.yaml",
            "shop/deeper/d.env",
            "bar/a.yaml",
            "bar/b.yaml",
            "bar/beside.env",
            "bar.env",
        }

    def test_extended_files_and_what_these_refer_to(self, project: Path) -> None:
        found = self.referred(
            project,
            compose_yaml="services: {a: {extends: {file: base/common.yaml, service: b}}, "
            "c: {extends: {service: a}}}",
            base__common_yaml="services: {b: {image: i, env_file: b.env}}",
            base__b_env="A=1",
        )
        assert found == {"base/common.yaml", "base/b.env"}

    def test_variables_in_paths_are_filled_in_as_compose_does(self, project: Path) -> None:
        found = self.referred(
            project,
            compose_yaml="services: {a: {image: i, env_file: ['${PLACE}/${N:-one}.env', 'odd$$name.env']}}",
            conf__one_env="A=1",
            _env='PLACE="conf" # there',
            **{"odd$name_env": "A=1"},
        )
        assert found == {"conf/one.env", "odd$name.env"}

    def test_tags_of_compose_are_no_hindrance(self, project: Path) -> None:
        found = self.referred(
            project,
            compose_yaml="services: {a: {image: i, ports: ['127.0.0.1:0:80'], env_file: one.env}}",
            compose_override_yaml="services: {a: {ports: !reset [], env_file: !override [two.env]}}",
            one_env="A=1",
            two_env="A=1",
        )
        assert found == {"one.env", "two.env"}

    def test_nothing_is_referred_to(self, project: Path) -> None:
        assert self.referred(project, compose_yaml="services: {a: {image: i}}") == set()


class TestErrors:
    def test_no_compose_file(self, project: Path) -> None:
        with pytest.raises(NoComposeFile, match="no compose file in") as caught:
            load_stack(ComposeOptions())
        assert str(project) in caught.value.message
        assert "-f FILE" in caught.value.next_step
        assert caught.value.exit_code == 2

    @pytest.mark.usefixtures("project")
    def test_a_named_file_that_is_not_there(self) -> None:
        with pytest.raises(NoComposeFile, match=r"nowhere\.yaml does not exist"):
            load_stack(ComposeOptions(files=("nowhere.yaml",)))

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("services: {a: {image: i, colour: red}}", "services.a Additional property colour"),
            ("services: {a: [", "yaml:"),
            ("", "empty compose file"),
            ("services: {a: {image: '${MUST:?set MUST}'}}", "set MUST"),
            ("services: {a: {image: i, volumes: ['nosuch:/d']}}", "undefined volume nosuch"),
        ],
    )
    def test_an_invalid_file_is_refused_in_composes_words(self, text: str, words: str) -> None:
        with pytest.raises(ComposeInvalid) as caught:
            read(text)
        assert words in caught.value.message
        assert "\n" not in str(caught.value)

    @pytest.mark.usefixtures("project")
    def test_a_file_on_standard_input_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(InvalidUse, match="standard input"):
            load_stack(ComposeOptions(files=("-",)))
        monkeypatch.setenv("COMPOSE_FILE", "-")
        with pytest.raises(InvalidUse, match="standard input"):
            load_stack(ComposeOptions())

    @pytest.mark.usefixtures("project")
    def test_a_file_that_compose_cannot_fetch_is_refused_in_composes_words(self) -> None:
        with pytest.raises(ComposeInvalid, match=r"COMPOSE_EXPERIMENTAL_GIT_REMOTE|nowhere"):
            load_stack(ComposeOptions(files=("https://nowhere.invalid/shop.git",)))

    def test_a_file_that_compose_has_fetched_is_refused_before_anything_is_done(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The answer is that of a compose that got hold of it; here there is nobody to get it from."""
        answer = json.dumps({"name": project.name, "services": {"a": {"image": "i"}}})
        fake_docker(tmp_path, monkeypatch, f"echo '{answer}'\n")
        with pytest.raises(InvalidUse, match=r"oci://shop\.example/shop is not on this machine") as caught:
            load_stack(ComposeOptions(files=("oci://shop.example/shop",)))
        assert "docker compose config" in caught.value.next_step

    @pytest.mark.usefixtures("project")
    def test_no_docker_client(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ComposeUnavailable, match="no `docker` command") as caught:
            read("services: {a: {image: i}}")
        assert "install" in caught.value.next_step

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("files", [(), ("compose.yaml",)])
    def test_a_client_without_compose(
        self, files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The words are those of docker 28.2 without the plugin, with and without an option of compose."""
        fake_docker(
            tmp_path,
            monkeypatch,
            'if [ "$2" = --file ]; then echo "unknown flag: --file" >&2; exit 125; fi\n'
            'echo "docker: unknown command: docker compose" >&2; exit 1\n',
        )
        with pytest.raises(ComposeUnavailable, match="no compose v2") as caught:
            read("services: {a: {image: i}}", files=files)
        assert "install Docker Compose v2" in caught.value.next_step

    @pytest.mark.usefixtures("project")
    def test_a_compose_that_is_too_old(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fake_docker(
            tmp_path,
            monkeypatch,
            'if [ "$2" = version ]; then echo v2.3.3; exit 0; fi\n'
            'echo "unknown flag: --format" >&2; exit 1\n',
        )
        with pytest.raises(ComposeUnavailable, match=r"compose v2\.3\.3 is too old"):
            read("services: {a: {image: i}}")


def fake_docker(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put an executable called `docker` first on PATH."""
    program = directory / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """A project whose services behave in four ways, started."""
    directory = tmp_path_factory.mktemp("running")
    name = f"cliw-{uuid.uuid4().hex[:8]}"
    file = directory / "compose.yaml"
    file.write_text(
        f"""
        x-service: &service {{image: '{IMAGE}', init: true, stop_grace_period: 1s}}
        services:
          healthy:
            <<: *service
            command: sh -c 'sleep 0.5; touch /tmp/up; exec sleep infinity'
            healthcheck: {{test: [CMD, test, -e, /tmp/up], interval: 200ms}}
          job: {{<<: *service, command: 'true'}}
          failing: {{<<: *service, command: 'false', profiles: [bad]}}
          sick:
            <<: *service
            command: sleep infinity
            healthcheck: {{test: 'false', interval: 200ms, retries: 1}}
            profiles: [bad]
          slow:
            <<: *service
            command: sleep infinity
            healthcheck: {{test: 'false', start_period: 600s}}
            profiles: [bad]
        """
    )
    options = ComposeOptions(files=(str(file),), project=name)
    yield Compose(options, load_stack(options))
    subprocess.run(
        options.argv("down", "-v", "--remove-orphans", every_profile=True), check=True, capture_output=True
    )


class TestLifecycle:
    def test_start_waits_for_health_and_takes_a_finished_job_for_ready(self, running: Compose) -> None:
        states = running.start([], show=False, timeout=60)
        assert {state.service: str(state) for state in states} == {
            "healthy": "running (healthy)",
            "job": "exited with code 0",
        }

    @pytest.mark.parametrize(
        ("service", "how"), [("failing", "exited with code 1"), ("sick", r"running \(unhealthy\)")]
    )
    def test_a_service_that_does_not_come_up_is_an_error(
        self, running: Compose, service: str, how: str
    ) -> None:
        with pytest.raises(ComposeUnavailable, match=how) as caught:
            running.start([service], show=False, timeout=60)
        assert caught.value.next_step == f"see `volops logs {service}`"

    def test_waiting_ends_when_its_time_is_up(self, running: Compose) -> None:
        with pytest.raises(ComposeUnavailable, match=r"running \(starting\) after 0 s"):
            running.start(["slow"], show=False, timeout=0)

    def test_stop_and_start_again(self, running: Compose) -> None:
        running.start(["healthy"], show=False, timeout=60)
        stopped = running.stop(["healthy"], show=False)
        assert [state.state for state in stopped] == ["exited"]
        assert running.start(["healthy"], show=False, timeout=60)[0].ready

    def test_an_unknown_service_is_named_with_those_that_exist(self, running: Compose) -> None:
        with pytest.raises(UnknownService, match="'nosuch'") as caught:
            running.start(["nosuch"], show=False, timeout=1)
        assert "healthy" in caught.value.next_step
        assert caught.value.exit_code == 2

    def test_restart_needs_a_container(self, running: Compose) -> None:
        subprocess.run(
            ["docker", "rm", "-f", f"{running.stack.project}-job-1"], check=True, capture_output=True
        )
        with pytest.raises(ServiceNotRunning, match="'job'"):
            running.restart(["job"], show=False, timeout=1)

    def test_a_program_needs_a_running_service(self, running: Compose) -> None:
        with pytest.raises(ServiceNotRunning) as caught:
            running.become_exec("job", "true", terminal=False)
        assert "volops start job" in caught.value.next_step

    def test_what_compose_says_last_is_the_reason(self, tmp_path: Path) -> None:
        file = tmp_path / "compose.yaml"
        file.write_text("services: {a: {image: 'volops.invalid/none:1', pull_policy: never}}")
        options = ComposeOptions(files=(str(file),), project=f"cliw-{uuid.uuid4().hex[:8]}")
        compose = Compose(options, load_stack(options))
        try:
            with pytest.raises(ComposeUnavailable, match=r"up` failed with code \d+: .*none:1"):
                compose.start([], show=False, timeout=1)
        finally:
            subprocess.run(options.argv("down"), check=True, capture_output=True)


def test_the_docker_client_is_there() -> None:
    """Everything above needs it: without it the failure should be this one."""
    assert shutil.which("docker"), "install the Docker client and Compose v2"
