"""Why a Knative Service is not Ready, from statuses that a cluster gave (`captured/`)."""

import json
from typing import Any

import pytest

from components.registry.coverage import Reader
from components.serving.conditions import (
    GRACE_SECONDS,
    MAKE_AGAIN,
    Cause,
    cause,
    is_stuck_pulling,
    never_ready,
)
from components.serving.status import Observed, is_ready
from tests.unit.serving.captures import CAPTURED, captured, observed

KNATIVE, KUBELET = Reader.KNATIVE, Reader.KUBELET

CAUSES: dict[str, tuple[str, Reader | None]] = {
    "unobserved": ("unobserved", None),
    "resolving": ("resolving", None),
    "deploying": ("deploying", None),
    "wrong-password": ("unauthorized", KNATIVE),
    "no-credential": ("unauthorized", KNATIVE),
    "missing-secret": ("unauthorized", KNATIVE),
    "token-refused": ("unauthorized", KNATIVE),
    "forbidden": ("forbidden", KNATIVE),
    "token-denied": ("forbidden", KNATIVE),
    "no-such-tag": ("not-found", KNATIVE),
    "rate-limit": ("rate-limited", KNATIVE),
    "server-error": ("server-error", KNATIVE),
    "resolver-timeout": ("timeout", KNATIVE),
    "connection-refused": ("unreachable", KNATIVE),
    "no-such-host": ("no-such-host", KNATIVE),
    "tls": ("untrusted-certificate", KNATIVE),
    "plain-http": ("plain-http", KNATIVE),
    "malformed-secret": ("malformed-pull-secret", KNATIVE),
    "malformed-auth": ("malformed-pull-secret", KNATIVE),
    "pull-refused-digest": ("unauthorized", KUBELET),
    "missing-secret-digest": ("unauthorized", KUBELET),
    "list-hides-service-account": ("unauthorized", KUBELET),
    "pull-no-such-digest": ("not-found", KUBELET),
    "pull-no-such-host-tag": ("no-such-host", KUBELET),
    "pull-tls": ("untrusted-certificate", KUBELET),
    "pull-plain-http": ("plain-http", KUBELET),
    "missing-service-account": ("service-account-missing", None),
    "quota": ("quota", None),
    "admission": ("denied", None),
    "unschedulable": ("unschedulable", None),
    "crash-loop": ("crash", None),
    "no-such-command": ("cannot-start", None),
    "missing-config-map": ("cannot-configure", None),
    "root-user": ("cannot-configure", None),
    "nothing-listens": ("not-answering", None),
    "probe-fails": ("not-answering", None),
    "revision-name-taken": ("revision-name-taken", None),
    "no-ingress": ("no-ingress", None),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause(name: str) -> None:
    found = cause(observed(name))
    assert (found.code, found.reader) == CAUSES[name]
    assert not is_ready(captured(name)["service"])


def test_every_capture_is_tested() -> None:
    assert {file.stem for file in CAPTURED.glob("*.json")} == {*CAUSES, "ready"}


def test_a_ready_one() -> None:
    service = captured("ready")["service"]
    assert is_ready(service)
    changed = {**service, "metadata": {**service["metadata"], "generation": 2}}
    assert not is_ready(changed), "the status is about what it was before"
    assert cause(Observed(service=changed)) == Cause(code="unobserved")


def test_progress_has_no_grace_and_all_else_has() -> None:
    progress = {"unobserved", "resolving", "deploying", "not-answering"}
    assert {name for name, (code, _) in CAUSES.items() if Cause(code=code).grace_seconds is None} == {
        name for name, (code, _) in CAUSES.items() if code in progress
    }


@pytest.mark.parametrize(
    "code", ["unauthorized", "forbidden", "not-found", "plain-http", "malformed-pull-secret"]
)
def test_what_only_a_change_can_mend_ends_the_wait_at_once(code: str) -> None:
    assert GRACE_SECONDS[code] <= 2


@pytest.mark.parametrize("code", ["rate-limited", "timeout", "unreachable", "server-error", "crash"])
def test_what_may_pass_has_time(code: str) -> None:
    assert GRACE_SECONDS[code] == 30


def test_only_what_never_ran_is_made_again() -> None:
    assert not MAKE_AGAIN & {
        "crash",
        "cannot-start",
        "not-answering",
        "starting",
        "revision-name-taken",
        "no-ingress",
    }
    assert set(GRACE_SECONDS) >= MAKE_AGAIN


@pytest.mark.parametrize("name", ["wrong-password", "pull-refused-digest", "missing-service-account"])
def test_a_revision_that_never_was_ready(name: str) -> None:
    found = captured(name)
    assert never_ready(found["service"], found["revision"])


def test_a_revision_that_was_ready_once_or_has_traffic() -> None:
    found = captured("wrong-password")
    service, revision = found["service"], found["revision"]
    name = revision["metadata"]["name"]

    def with_status(**status: Any) -> Any:
        return {**service, "status": {**service["status"], **status}}

    assert not never_ready(with_status(latestReadyRevisionName=name), revision)
    assert not never_ready(
        with_status(traffic=[{"revisionName": name, "percent": 0, "tag": "old"}]), revision
    )
    assert not never_ready(with_status(latestCreatedRevisionName="hello-00002"), revision)
    pinned = {**service, "spec": {**service["spec"], "traffic": [{"revisionName": name, "percent": 100}]}}
    assert not never_ready(pinned, revision)
    ready = captured("ready")
    assert not never_ready(ready["service"], ready["revision"])


def test_a_pod_that_waits_for_the_back_off_is_stuck() -> None:
    (pod,) = captured("pull-refused-digest")["pods"]
    assert is_stuck_pulling(pod)
    leaving = {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert not is_stuck_pulling(leaving)
    (crashing,) = captured("crash-loop")["pods"]
    assert not is_stuck_pulling(crashing)


def test_without_leave_to_read_the_revision_the_service_tells() -> None:
    service = captured("wrong-password")["service"]
    found = cause(Observed(service=service))
    assert (found.code, found.reader, found.image) == (
        "unauthorized",
        KNATIVE,
        "192.168.77.1:5001/team/hello:1.0",
    )


def test_no_capture_holds_a_credential() -> None:
    for file in CAPTURED.glob("*.json"):
        text = file.read_text(encoding="utf-8")
        assert "dockerconfigjson" not in text.replace("kubernetes.io/dockerconfigjson", "")
        assert "managedFields" not in text
        assert json.loads(text)["service"]["kind"] == "Service"


def test_an_empty_status_is_not_yet_observed() -> None:
    service = {"metadata": {"name": "hello", "namespace": "apps", "generation": 1}}
    assert cause(Observed(service=service)) == Cause(code="unobserved")
