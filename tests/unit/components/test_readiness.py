"""Waiting for Knative Services: what Pulumi says, and what is asked of the cluster."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components import KnativeService, KnativeServiceArgs, NotReadyError, Wait, readiness
from components.errors import ArgumentError
from components.live_objects import CannotReadError
from components.serving import conditions
from tests.unit.conftest import KNATIVE_SERVICE, Deploy
from tests.unit.fake_cluster import SERVING, FakeCluster, ready
from tests.unit.serving.captures import captured

LEAST = 0.1
SERVICES = f"{SERVING}/apps/services"
REVISIONS = f"{SERVING}/apps/revisions"
PODS = "/api/v1/namespaces/apps/pods"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(readiness, "MISSING_SECONDS", 0.1)
    monkeypatch.setattr(readiness, "QUIET_SECONDS", 0.3)
    monkeypatch.setattr(readiness, "LOST_SECONDS", 0.1)
    for code in conditions.GRACE_SECONDS:
        quick = LEAST if conditions.GRACE_SECONDS[code] == conditions.LEAST_GRACE else 0.2
        monkeypatch.setitem(conditions.GRACE_SECONDS, code, quick)
    monkeypatch.setattr(readiness, "LEAST_GRACE", LEAST)


def declare(*names: str, **options: Any) -> Callable[[], None]:
    def program() -> None:
        for name in names:
            KnativeService(name, KnativeServiceArgs(namespace="apps", image="a/b:1", **options))

    return program


def put(cluster: FakeCluster, situation: str, name: str = "hello") -> Any:
    """Put a captured situation into the cluster, under another name and namespace."""
    found = captured(situation)
    old = found["service"]["metadata"]["name"]

    def moved(thing: Any) -> Any:
        metadata = {**thing["metadata"], "namespace": "apps"}
        metadata["name"] = metadata["name"].replace(old, name, 1)
        metadata["resourceVersion"] = "1"
        return {**thing, "metadata": metadata}

    service, revision = moved(found["service"]), moved(found["revision"])
    service["status"] = {**service["status"], "latestCreatedRevisionName": revision["metadata"]["name"]}
    cluster.put(SERVICES, service)
    cluster.put(REVISIONS, revision)
    cluster.put(PODS, *map(moved, found["pods"]))
    return service


def errors(log: list[tuple[str, str]], level: str = "error") -> list[str]:
    return [message for found, message in log if found == level]


def test_few_requests_for_many_of_a_namespace(
    deploy: Deploy, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "GATHER_SECONDS", 0.5)
    names = [f"hello-{number}" for number in range(20)]
    deployment = deploy(declare(*names))
    # One, unless the machine is too busy to make all of them in half a second.
    assert 1 <= cluster.requests.count(SERVICES) <= 5
    assert cluster.requests.count(PODS) == 1
    assert {resource.name: resource.outputs for resource in deployment.resources if resource.outputs} == {
        name: {"name": name, "url": f"http://{name}.apps.example.test"} for name in names
    }
    assert deployment.log == []


def test_each_failure_is_said_and_the_program_fails(
    deploy: Deploy, cluster: FakeCluster, log: list[Any]
) -> None:
    put(cluster, "wrong-password", "first")
    put(cluster, "no-such-tag", "second")
    with pytest.raises(
        NotReadyError, match=r"^2 of 3 Knative Services not ready: apps/first, apps/second\. "
    ):
        deploy(declare("first", "second", "third"))
    said = sorted(errors(log))
    assert said[0].startswith("Knative Service apps/first is not ready: Knative cannot resolve image 192.168")
    assert "has no such image" in said[1]
    assert len(said) == 2


def test_a_failure_waits_for_the_others(deploy: Deploy, cluster: FakeCluster, log: list[Any]) -> None:
    put(cluster, "wrong-password", "first")
    put(cluster, "resolving", "second")
    with pytest.raises(NotReadyError, match="2 of 2"):
        deploy(declare("first", "second", wait=Wait(timeout="1s")))
    assert any("apps/second is not ready: it is still under way" in message for message in errors(log))


def test_time_is_up(deploy: Deploy, cluster: FakeCluster, log: list[Any]) -> None:
    put(cluster, "nothing-listens")
    with pytest.raises(NotReadyError):
        deploy(declare("hello", wait=Wait(timeout="300ms")))
    (message,) = errors(log)
    assert "nothing answers on port 8080" in message
    assert message.endswith("waited: 300ms, all of the timeout")


def test_what_depends_on_a_failed_one_is_not_made(
    deploy: Deploy, cluster: FakeCluster, log: list[Any]
) -> None:
    put(cluster, "wrong-password", "first")
    made: list[str] = []

    def program() -> None:
        first = KnativeService("first", KnativeServiceArgs(namespace="apps", image="a/b:1"))
        first.name.apply(made.append)
        KnativeService(
            "second", KnativeServiceArgs(namespace="apps", image="a/b:1", service_account_name=first.name)
        )

    with pytest.raises(NotReadyError, match="1 of 1 Knative Services not ready: apps/first"):
        deploy(program)
    assert made == []
    assert f"{SERVICES}/second" not in cluster.objects


def test_a_revision_that_never_was_ready_is_made_again_once(deploy: Deploy, cluster: FakeCluster) -> None:
    put(cluster, "wrong-password")

    def mended(path: str, _: object) -> None:
        assert path == f"{REVISIONS}/hello-00001"
        cluster.put(SERVICES, ready("apps", "hello"))

    cluster.after_deletion = mended
    deployment = deploy(declare("hello"))
    assert cluster.deleted == [f"{REVISIONS}/hello-00001"]
    assert errors(deployment.log) == []


def test_a_stale_answer_of_knative_is_not_the_last_word(deploy: Deploy, cluster: FakeCluster) -> None:
    put(cluster, "wrong-password")

    def mended_at_last(path: str, seen: Any) -> None:
        if len(cluster.deleted) < 2:
            cluster.make_again(path, seen)
        else:
            cluster.put(SERVICES, ready("apps", "hello"))

    cluster.after_deletion = mended_at_last
    assert errors(deploy(declare("hello")).log) == []
    assert cluster.deleted == [f"{REVISIONS}/hello-00001"] * 2


def test_a_revision_that_waits_for_an_old_delay_is_made_again(
    deploy: Deploy, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "RESOLVE_SECONDS", 0.1)
    put(cluster, "wrong-password")
    resolving = captured("resolving")["revision"]["status"]

    def delayed(path: str, seen: Any) -> None:
        cluster.make_again(path, seen)
        cluster.objects[path] = {**cluster.objects[path], "status": resolving}
        if len(cluster.deleted) == 2:
            cluster.put(SERVICES, ready("apps", "hello"))

    cluster.after_deletion = delayed
    assert errors(deploy(declare("hello")).log) == []
    assert cluster.deleted == [f"{REVISIONS}/hello-00001"] * 2


def test_a_revision_that_fails_again_and_again_is_let_be(deploy: Deploy, cluster: FakeCluster) -> None:
    put(cluster, "wrong-password")
    with pytest.raises(NotReadyError):
        deploy(declare("hello"))
    assert 1 <= len(cluster.deleted) <= readiness.MOST_TRIES


@pytest.mark.parametrize("situation", ["rate-limit", "server-error"])
def test_a_registry_in_trouble_is_asked_again_once(
    deploy: Deploy, cluster: FakeCluster, situation: str
) -> None:
    put(cluster, situation)
    with pytest.raises(NotReadyError):
        deploy(declare("hello"))
    assert cluster.deleted.count(f"{REVISIONS}/hello-00001") == 1


@pytest.mark.parametrize("situation", ["crash-loop", "no-such-command", "nothing-listens"])
def test_what_ran_is_not_deleted(deploy: Deploy, cluster: FakeCluster, situation: str) -> None:
    put(cluster, situation)
    with pytest.raises(NotReadyError):
        deploy(declare("hello", wait=Wait(timeout="300ms")))
    assert cluster.deleted == []


def test_a_revision_with_traffic_is_not_deleted(deploy: Deploy, cluster: FakeCluster) -> None:
    service = put(cluster, "wrong-password")
    service["status"]["traffic"] = [{"revisionName": "hello-00001", "percent": 100}]
    with pytest.raises(NotReadyError):
        deploy(declare("hello"))
    assert cluster.deleted == []


def test_without_leave_to_delete_it_is_said_what_to_do(
    deploy: Deploy, cluster: FakeCluster, log: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cluster, "wrong-password")

    def refuse(path: str, _: object) -> bool:
        raise CannotReadError(f"403 Forbidden for {path}", is_refusal=True)

    monkeypatch.setattr(cluster, "delete", refuse)
    with pytest.raises(NotReadyError):
        deploy(declare("hello"))
    (said,) = [message for message in errors(log, "info") if "Delete it" in message]
    assert said.endswith("Delete it: kubectl delete revision -n apps hello-00001")


def test_a_pod_that_waits_to_pull_is_deleted(deploy: Deploy, cluster: FakeCluster) -> None:
    """A Ready service's too: it may have been scaled since, with pull secrets that are no more."""
    found = captured("pull-refused-digest")["pods"][0]
    pod = {**found, "metadata": {**found["metadata"], "namespace": "apps", "name": "stuck"}}
    pod["metadata"]["labels"] = {**pod["metadata"]["labels"], "serving.knative.dev/service": "hello"}
    cluster.put(PODS, pod)
    deployment = deploy(declare("hello"))
    assert cluster.deleted == [f"{PODS}/stuck"]
    assert ("info", "deleted pod stuck, which waited to pull its image again") in deployment.log


def test_preview_warns_and_changes_nothing(deploy: Deploy, cluster: FakeCluster) -> None:
    put(cluster, "wrong-password")
    deployment = deploy(declare("hello"), preview=True)
    (message,) = errors(deployment.log, "warning")
    assert message.startswith(
        "at present, Knative Service apps/hello is not ready: Knative cannot resolve image"
    )
    assert cluster.deleted == []


def test_preview_does_not_warn_of_progress(deploy: Deploy, cluster: FakeCluster) -> None:
    put(cluster, "resolving")
    assert deploy(declare("hello"), preview=True).log == []


def test_nothing_waits_if_so_wanted(deploy: Deploy, cluster: FakeCluster) -> None:
    put(cluster, "wrong-password")
    deployment = deploy(declare("hello", wait=False))
    assert cluster.requests == []
    assert deployment.one(KNATIVE_SERVICE).name == "hello"


@pytest.mark.parametrize("is_refusal", [True, False])
@pytest.mark.parametrize("preview", [True, False])
def test_a_cluster_that_cannot_be_read_is_one_warning(
    deploy: Deploy, cluster: FakeCluster, preview: bool, is_refusal: bool
) -> None:
    cluster.refusal = CannotReadError("403 Forbidden for apps/services", is_refusal=is_refusal)
    deployment = deploy(declare("one", "two"), preview=preview)
    (message,) = errors(deployment.log, "warning")
    assert message == (
        "nothing checked whether the Knative Services are ready: 403 Forbidden for apps/services. "
        "Let whoever runs Pulumi read services.serving.knative.dev, or set wait to false"
    )


def test_an_api_server_that_comes_back_is_waited_for(
    deploy: Deploy, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "LOST_SECONDS", 10)
    answers = iter([CannotReadError("no connection", is_refusal=False)] * 3)

    def ask(path: str) -> None:
        cluster.requests.append(path)
        if failure := next(answers, None):
            raise failure

    monkeypatch.setattr(cluster, "_ask", ask)
    deployment = deploy(declare("hello"))
    assert deployment.one("KnativeService").outputs == {
        "name": "hello",
        "url": "http://hello.apps.example.test",
    }
    assert deployment.log == []


def test_one_that_is_gone_is_said(
    deploy: Deploy, cluster: FakeCluster, log: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or one that is elsewhere: the provider may know another cluster than the kubeconfig."""
    monkeypatch.setattr(cluster, "made", lambda metadata: None)
    with pytest.raises(NotReadyError):
        deploy(declare("hello"))
    assert errors(log) == [
        "Knative Service apps/hello is not in the cluster https://cluster.example.test, though Pulumi made it. "
        "If that is not the provider's cluster, name that one (cluster); if it was deleted, let Pulumi take "
        "notice: pulumi refresh, then pulumi up"
    ]


@pytest.mark.parametrize("timeout", ["5", "-1s", "0s", "soon", ""])
def test_a_timeout_that_is_none_is_refused(deploy: Deploy, timeout: str) -> None:
    with pytest.raises(
        ArgumentError, match=r"^hello: wait\.timeout: not a length of time\. Write it like 90s or 5m$"
    ):
        deploy(declare("hello", wait=Wait(timeout=timeout)))


def test_the_error_is_shown_without_a_traceback() -> None:
    assert issubclass(NotReadyError, pulumi.RunError)
