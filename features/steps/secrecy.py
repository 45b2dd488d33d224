"""Steps about secrets: who looks on, and that none is seen."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_bdd import given, then

from features.world.commands import Run
from features.world.project import Project
from features.world.witness import Witness
from volops.testing.report.records import Recorder


@given("a witness who writes down every process and every helper container", target_fixture="witness")
def look_on() -> Iterator[Witness]:
    witness = Witness()
    yield witness
    witness.stop()


@then("the witness saw helper containers at work")
def saw_something(witness: Witness, recorder: Recorder) -> None:
    witness.stop()
    recorder.text("programs started in helper containers", "\n".join(sorted(witness.executed)))
    assert witness.helpers
    assert witness.executed
    assert any("volops" in process for process in witness.processes)


@then("none of the passwords is in the output, in a manifest, among the processes or on a helper container")
def no_secrets(run: Run, project: Project, witness: Witness, recorder: Recorder) -> None:
    manifests = [path.read_text() for path in project.backups.rglob("*.json")]
    seen = {
        "the output": [run.output],
        "manifests": manifests,
        "command lines of processes": list(witness.processes),
        "helper containers": list(witness.helpers.values()),
        "programs started in them": list(witness.executed),
    }
    recorder.table(
        "looked through", ["what", "how many"], [[what, len(texts)] for what, texts in seen.items()]
    )
    assert manifests
    for secret in project.passwords.values():
        assert [what for what, texts in seen.items() if any(secret in text for text in texts)] == []
