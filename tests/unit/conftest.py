"""Runs a program against a recording monitor, without engine, cluster or network."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from components import readiness
from tests.unit.fake_cluster import FakeCluster

UNKNOWN = "<unknown>"
SECRET = "<secret>"


@dataclass
class Registered:
    """One resource as the engine would get it."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    """Values; a secret is `{SECRET: value}`, an unknown one `UNKNOWN`."""
    dependencies: set[str]
    provider: str
    deleted_with: str
    protect: bool
    aliases: list[str]
    outputs: dict[str, Any] | None = None
    """What a component registered as its outputs."""
    raw: str = ""
    """The whole request as text, with secret values taken out."""


@dataclass
class Deployment:
    """Everything that a program registered and said."""

    resources: list[Registered] = field(default_factory=list)
    log: list[tuple[str, str]] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)

    def one(self, type_: str, name: str | None = None) -> Registered:
        found = [
            resource
            for resource in self.resources
            if resource.type.endswith(type_) and (name is None or resource.name == name)
        ]
        assert len(found) == 1, f"{len(found)} resources of type {type_} called {name}"
        return found[0]

    def named(self, type_: str) -> list[str]:
        return sorted(resource.name for resource in self.resources if resource.type.endswith(type_))

    def in_clear(self) -> str:
        """Everything that the engine would store or show in clear."""
        return "\n".join(resource.raw for resource in self.resources) + "\n".join(
            line for _, line in self.log
        )


class _Mocks(Mocks):
    def __init__(self, outputs: dict[str, dict[str, Any]], cluster: FakeCluster) -> None:
        self.outputs = outputs
        self.cluster = cluster

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = {**args.inputs, **self.outputs.get(args.typ, {})}
        if args.typ == KNATIVE_SERVICE:
            self.cluster.made(args.inputs["metadata"])
        return f"{args.name}-id", outputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        return {}, None


class _RecordingMonitor(MockMonitor):
    def __init__(self, mocks: Mocks, deployment: Deployment) -> None:
        super().__init__(mocks)
        self.deployment = deployment

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK's
        if request.type != "pulumi:pulumi:Stack":
            _close_loop_of_worker()
            self.deployment.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    inputs=_plain(request.object),
                    dependencies=set(request.dependencies),
                    provider=request.provider,
                    deleted_with=request.deletedWith,
                    protect=request.protect,
                    aliases=[alias.urn or alias.spec.name for alias in request.aliases],
                    raw=_without_secrets(request.object),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        for resource in self.deployment.resources:
            if resource.urn == request.urn:
                resource.outputs = _plain(request.outputs)
                resource.raw += _without_secrets(request.outputs)
        if "pulumi:pulumi:Stack" in request.urn:
            self.deployment.exports.update(_plain(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]  # the SDK's

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        response = super().Invoke(request)  # type: ignore[no-untyped-call]  # the SDK's
        _close_loop_of_worker()
        return response


def _close_loop_of_worker() -> None:
    """Close the event loop that the mock monitor makes for each worker thread and forgets."""
    if threading.current_thread() is not threading.main_thread():
        asyncio.get_event_loop().close()
        asyncio.set_event_loop(None)


def _plain(struct: Any) -> dict[str, Any]:
    return {key: _readable(value) for key, value in struct.fields.items()}


def _readable(value: Any) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            result = _plain(value.struct_value)
            if result.get(rpc._special_sig_key) == rpc._special_secret_sig:
                return {SECRET: result["value"]}
            return result
        case "list_value":
            return [_readable(child) for child in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _without_secrets(struct: Any) -> str:
    def visible(value: Any) -> Any:
        if isinstance(value, dict):
            return SECRET if SECRET in value else {key: visible(child) for key, child in value.items()}
        return [visible(child) for child in value] if isinstance(value, list) else value

    return repr(visible(_plain(struct)))


class _LogLines(logging.Handler):
    def __init__(self, deployment: Deployment) -> None:
        super().__init__()
        self.deployment = deployment

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno > logging.DEBUG:
            self.deployment.log.append((record.levelname.lower(), record.getMessage()))


Deploy = Callable[..., Deployment]

PROJECT = "knative-private-registry"

KNATIVE_SERVICE = "kubernetes:serving.knative.dev/v1:Service"

OUTPUTS: dict[str, dict[str, Any]] = {
    # As the API server returns it, before Knative has taken notice.
    KNATIVE_SERVICE: {"status": {}}
}


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests away from the cluster of whoever runs them."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path_factory.mktemp("none") / "kubeconfig"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    # Without it every Secret comes with a warning; see test_secret_rotation.
    monkeypatch.setenv("PULUMI_K8S_ENABLE_SECRET_MUTABLE", "true")


@pytest.fixture(autouse=True)
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    """Let the components see a cluster in memory, in which Knative Services are Ready."""
    cluster = FakeCluster()
    monkeypatch.setattr(readiness, "LiveObjects", cluster)
    return cluster


@pytest.fixture
def log() -> list[tuple[str, str]]:
    """What the last program said, even if it failed."""
    return []


@pytest.fixture
def deploy(cluster: FakeCluster, log: list[tuple[str, str]]) -> Iterator[Deploy]:
    """Give a function that runs a program and returns what it registered."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # As Pulumi's own executor does: a failing program leaves Outputs that nobody waits for.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    def run(program: Callable[[], object], *, preview: bool = False, stack: str = "test") -> Deployment:
        deployment = Deployment()
        logger = logging.Logger("pulumi")
        logger.addHandler(_LogLines(deployment))
        mocks = _Mocks(OUTPUTS, cluster)
        pulumi.runtime.set_mocks(
            mocks,
            project=PROJECT,
            stack=stack,
            preview=preview,
            logger=logger,
            monitor=_RecordingMonitor(mocks, deployment),
        )
        try:
            pulumi.runtime.test(lambda: _run(program))()  # type: ignore[no-untyped-call]  # the SDK's
        finally:
            log[:] = deployment.log
        return deployment

    yield run
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)


def _run(program: Callable[[], object]) -> None:
    program()


def unknown() -> pulumi.Output[str]:
    """Give a value that only `up` will know. Call it within a program."""
    resolved: asyncio.Future[Any] = asyncio.Future()
    resolved.set_result(rpc.UNKNOWN)
    no: asyncio.Future[bool] = asyncio.Future()
    no.set_result(False)
    return pulumi.Output(set(), resolved, no)
