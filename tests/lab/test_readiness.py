"""`pulumi up` on a real cluster: Ready means ready, a failure is said in seconds, and heals in seconds."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lab import network, registries
from tests.lab import odd_registries as odd
from tests.lab.running_lab import TEAM_HELLO, RunningLab
from tests.lab.stack import PulumiError, Stack, copy_of_the_program
from tests.lab.traces import found

pytestmark = pytest.mark.scenario

IMAGE = f"{registries.PROTECTED}/{TEAM_HELLO}"
WRONG_PASSWORD = "wrong-Numbat5!password"
SOON_SECONDS = 60
"""Far less than without us: Knative tries again after minutes, the provider waits for ten. The figures themselves
are printed; on a busy machine they vary."""
SIX = [f"hello-{number}" for number in range(1, 7)]
LAB = {"server": registries.PROTECTED, "username": registries.USERNAME}
Config = Mapping[str, Any]


def test_six_services_fail_and_heal_in_seconds(
    lab: RunningLab, hello_image: str, tmp_path: Path, figures: list[str]
) -> None:
    with lab.new_namespace("six") as namespace, lab.new_namespace("six-by-hand") as by_hand:
        config = {
            "registries": {"lab": LAB},
            "namespaces": {namespace: {"registries": ["lab"], "serviceAccounts": {"default": "patch"}}},
            "services": {key: {"namespace": namespace, "image": IMAGE} for key in SIX},
        }
        stack = _stack(lab, tmp_path, "six", config)
        stack.set_secret("registries.lab.password", WRONG_PASSWORD)
        _by_hand(lab, by_hand, WRONG_PASSWORD)

        first = _fails(stack)
        last_create = _last_created(lab, namespace)
        since_last_create = first.ended - last_create
        assert _explained(first) == {f"{namespace}/{key}" for key in SIX}
        assert f'account "{registries.USERNAME}" for {registries.PROTECTED}' in first.text
        assert "pulumi config set --secret --path registries.lab.password" in first.text
        assert "6 of 6 Knative Services not ready" in first.text
        assert "Traceback" not in first.text

        again = _fails(stack)
        assert _explained(again) == {f"{namespace}/{key}" for key in SIX}
        assert "created" not in again.text.partition("Resources:")[2]
        assert "is not ready" in stack.preview("--expect-no-changes")

        stack.set_secret("registries.lab.password", registries.PASSWORD)
        up = _Run.of(stack)
        by_hand_changed = time.time()
        _secret_by_hand(lab, by_hand, registries.PASSWORD)
        assert up.succeeded, up.text
        healed = up.ended - _secret_changed(lab, namespace)
        assert all(lab.get("ksvc", key, namespace)["status"]["url"] for key in SIX)
        flat = _seconds_until_ready(lab, by_hand, by_hand_changed)

        figures.append(
            f"6 services, wrong password: up fails {since_last_create:.1f} s after the last create, "
            f"unchanged again after {again.seconds:.1f} s in all; right password: Ready "
            f"{healed:.1f} s after the change of the Secret, by hand {flat}"
        )
        assert since_last_create < SOON_SECONDS
        assert again.seconds < SOON_SECONDS
        assert healed < SOON_SECONDS
        assert found("\n".join(stack.transcript).encode(), registries.USERNAME, WRONG_PASSWORD) == []
        assert found("\n".join(stack.transcript).encode(), registries.USERNAME, registries.PASSWORD) == []


@dataclass(frozen=True)
class Failure:
    """A Knative Service that cannot become ready, and what has to be said about it."""

    service: Config
    says: str
    reader: str = ""
    namespace: str = "good"


TLS_REGISTRY, HTTP_REGISTRY = "tls-registry", "http-registry"
KNATIVE, KUBELET = "Knative's controller", "the kubelet"


def failures(image: str, namespaces: Mapping[str, str]) -> Mapping[str, Failure]:
    """Give all failures; `image` is the sample image by digest."""
    digest = image.partition("@")[2]
    place = namespaces["good"]
    tls, http = f"{TLS_REGISTRY}.{place}.svc:{odd.TLS}", f"{HTTP_REGISTRY}.{place}.svc:{odd.PLAIN_HTTP}"
    refused = 'account "ci-bot" for 192.168.77.1:5001, from Secret "wrong"'
    return {
        "wrong-password": Failure({"image": IMAGE}, f"refuses the credentials*{refused}", KNATIVE, "bad"),
        "pinned": Failure({"image": image}, f"refuses the credentials*{refused}", KUBELET, "bad"),
        "forbidden": Failure({"image": f"{odd.ADDRESS}:{odd.FORBIDDEN}/a/app:1"},
                             'does not let this account read it*account "reader"', KNATIVE),
        "token-denied": Failure({"image": f"{odd.ADDRESS}:{odd.TOKEN_DENIED}/a/app:1"},
                                "does not let this account read it", KNATIVE),
        "no-such-tag": Failure({"image": f"{registries.PROTECTED}/team/hello:9.9"}, "has no such image", KNATIVE),
        "no-such-host": Failure({"image": "registry.nowhere.test/a/app:1"},
                                "there is no host registry.nowhere.test", KNATIVE),
        "tls": Failure({"image": f"{tls}/a/app:1"}, f"the certificate of {tls} is not trusted", KNATIVE),
        "plain-http": Failure({"image": f"{http}/a/app:1"}, f"{http} speaks http, not https", KNATIVE),
        "plain-http-pull": Failure({"image": f"{odd.ADDRESS}:{odd.PLAIN_HTTP}/a/app@{digest}"},
                                   "speaks http, not https", KUBELET),
        "rate-limit": Failure({"image": f"{odd.ADDRESS}:{odd.RATE_LIMITED}/a/app:1", "wait": {"timeout": "40s"}},
                              "has had too many requests*all of the timeout", KNATIVE),
        "timeout": Failure({"image": f"{odd.ADDRESS}:{odd.SILENT}/a/app:1", "wait": {"timeout": "40s"}}, "does not answer in time*all of the timeout", KNATIVE),
        "malformed": Failure({"image": image, "imagePullSecrets": ["malformed"]},
                             'one of its pull secrets is malformed*correct Secret "malformed"', KNATIVE),
        "missing-secret": Failure({"image": image, "imagePullSecrets": ["nowhere"]},
                                  'Secret "nowhere" does not exist', KUBELET),
        "no-account": Failure({"image": image, "serviceAccount": "nobody"},
                              'its service account "nobody" does not exist'),
        "hidden": Failure({"image": IMAGE, "imagePullSecrets": ["odd"]},
                          'needs "lab", which is only on service account default', KUBELET),
        "crash": Failure({"image": IMAGE, "port": 80, "wait": {"timeout": "40s"}}, "crashes*listen tcp :80: bind: permission denied"),
        "no-command": Failure({"image": IMAGE, "templateOverrides":
                               {"spec": {"containers": [{"command": ["/nowhere"]}]}}},
                              "the container cannot be started*/nowhere"),
        "not-listening": Failure({"image": registries.PAUSE_IMAGE, "public": True, "wait": {"timeout": "40s"}},
                                 "nothing answers on port 8080*all of the timeout"),
        "no-config-map": Failure({"image": IMAGE, "envFromConfigMaps": {"A": {"name": "nowhere", "key": "a"}}},
                                 'cannot be made as it is configured*configmap "nowhere" not found'),
        "quota": Failure({"image": IMAGE}, "a quota of the namespace*exceeded quota", namespace="full"),
        "denied": Failure({"image": IMAGE}, "does not admit its pod*violates PodSecurity", namespace="strict"),
        "too-big": Failure({"image": IMAGE, "resources": {"requests": {"cpu": "100"}},
                            "wait": {"timeout": "40s"}}, "no node has room*Insufficient cpu"),
        "no-ingress": Failure({"image": IMAGE, "wait": {"timeout": "40s"},
                               "annotations": {"networking.knative.dev/ingress-class": "nobody.example.test"}},
                              "no ingress controller has taken it up"),
        "app-web": Failure({"image": IMAGE, "revisionName": "app-web-1"},
                           "its revision name belongs to another revision*already exists"),
    }  # fmt: skip


def test_every_failure_is_explained(
    lab: RunningLab, hello_image: str, tmp_path: Path, figures: list[str]
) -> None:
    """All of them in one `up`, beside a service that is well."""
    with ExitStack() as ending:
        names = ("good", "bad", "full", "strict")
        namespaces = {name: ending.enter_context(lab.new_namespace(f"failures-{name}")) for name in names}
        tls = f"{TLS_REGISTRY}.{namespaces['good']}.svc"
        ending.enter_context(odd.odd_registries(tls))
        _prepare(lab, namespaces)
        expected = failures(hello_image, namespaces)
        services = {
            key: {**failure.service, "namespace": namespaces[failure.namespace]}
            for key, failure in expected.items()
        }
        services["well"] = {"image": IMAGE, "namespace": namespaces["good"]}
        hosts = {
            "odd": f"{odd.ADDRESS}:{odd.FORBIDDEN}",
            "token": f"{odd.ADDRESS}:{odd.TOKEN_DENIED}",
            "rate": f"{odd.ADDRESS}:{odd.RATE_LIMITED}",
        }
        readers = {key: {"server": host, "username": "reader"} for key, host in hosts.items()}
        listed = {"serviceAccounts": {"default": "patch"}}
        config = {
            "verify": "off",
            "registries": {
                "lab": {**LAB, "secretName": "lab"},
                "wrong": {**LAB, "secretName": "wrong"},
                **{key: {**reader, "secretName": key} for key, reader in readers.items()},
            },
            "namespaces": {
                namespaces["good"]: {"registries": ["lab", *readers], **listed},
                namespaces["bad"]: {"registries": ["wrong"], **listed},
                namespaces["full"]: {"registries": ["lab"], **listed},
                namespaces["strict"]: {"registries": ["lab"], **listed},
            },
            "services": services,
        }
        stack = _stack(lab, tmp_path, "failures", config)
        stack.set_secret("registries.lab.password", registries.PASSWORD)
        for key in ("wrong", *readers):
            stack.set_secret(f"registries.{key}.password", WRONG_PASSWORD)

        run = _fails(stack)

        explained = _explanations(run)
        wrong = [
            f"{key}: expected {failure.says}, by {failure.reader or 'nobody'}\n{text}"
            for key, failure in expected.items()
            if not _says(failure, text := explained.get(f"{namespaces[failure.namespace]}/{key}", ""))
        ]
        assert wrong == [], "\n".join(wrong)
        assert set(explained) == {
            f"{namespaces[failure.namespace]}/{key}" for key, failure in expected.items()
        }
        assert lab.get("ksvc", "well", namespaces["good"])["status"]["url"]
        assert "would delete this Secret" not in run.text, "the program's provider changes Secrets in place"
        transcript = "\n".join(stack.transcript).encode()
        for username in (registries.USERNAME, "reader"):
            for password in (registries.PASSWORD, WRONG_PASSWORD):
                assert found(transcript, username, password) == []
        figures.append(
            f"{len(expected)} failures of {len(services)} services explained in {run.seconds:.0f} s"
        )


def test_a_pinned_image_with_a_wrong_password_is_explained_and_heals(
    lab: RunningLab, hello_image: str, tmp_path: Path, figures: list[str]
) -> None:
    """Knative itself would say so after the progress deadline of ten minutes only."""
    with lab.new_namespace("pinned") as namespace:
        config = {
            "registries": {"lab": LAB},
            "namespaces": {namespace: {"registries": ["lab"], "serviceAccounts": {"default": "patch"}}},
            "services": {"hello": {"namespace": namespace, "image": hello_image}},
        }
        stack = _stack(lab, tmp_path, "pinned", config)
        stack.set_secret("registries.lab.password", WRONG_PASSWORD)
        run = _fails(stack)
        assert "the kubelet cannot pull image" in run.text
        stack.set_secret("registries.lab.password", registries.PASSWORD)
        healed = _Run.of(stack)
        assert healed.succeeded, healed.text
        figures.append(
            f"pinned image, wrong password: explained in {run.seconds:.0f} s, healed in {healed.seconds:.0f} s"
        )
        assert run.seconds < SOON_SECONDS
        assert healed.seconds < SOON_SECONDS


@dataclass(frozen=True)
class _Run:
    """A `pulumi up`."""

    text: str
    succeeded: bool
    seconds: float
    ended: float

    @classmethod
    def of(cls, stack: Stack) -> "_Run":
        start = time.time()
        try:
            text, succeeded = stack.up(), True
        except PulumiError as error:
            text, succeeded = str(error), False
        return cls(text, succeeded, time.time() - start, time.time())


def _stack(lab: RunningLab, folder: Path, name: str, config: Config) -> Stack:
    """Create a stack that is not destroyed in the end: what it deploys goes with its namespaces, and sooner."""
    project = copy_of_the_program(folder / "project", config, name)
    (folder / "state").mkdir()
    stack = Stack(lab, project, name, folder / "state")
    stack.pulumi("stack", "init")
    return stack


def _fails(stack: Stack) -> _Run:
    run = _Run.of(stack)
    assert not run.succeeded, run.text
    return run


def _explanations(run: _Run) -> Mapping[str, str]:
    """Give the explanations by Knative Service, from the end of what pulumi prints, where each stands once."""
    diagnostics = run.text.partition("Diagnostics:")[2]
    parts = re.split(r"error: Knative Service (\S+) is not ready: ", diagnostics)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _says(failure: Failure, text: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in failure.says.split("*"))
    reader = f"reader: {failure.reader}" if failure.reader else ""
    return bool(re.search(pattern, text, re.DOTALL)) and reader in text and "  fix: " in text


def _explained(run: _Run) -> set[str]:
    return set(_explanations(run))


def _services(lab: RunningLab, namespace: str) -> list[Any]:
    return list(json.loads(lab.kubectl.run("get", "ksvc", "-n", namespace, "-o", "json"))["items"])


def _last_created(lab: RunningLab, namespace: str) -> float:
    return max(_time(service["metadata"]["creationTimestamp"]) for service in _services(lab, namespace))


def _secret_changed(lab: RunningLab, namespace: str) -> float:
    secret = json.loads(
        lab.kubectl.run(
            "get", "secret", "lab-pull-secret", "-n", namespace, "-o", "json", "--show-managed-fields"
        )
    )
    return max(_time(entry["time"]) for entry in secret["metadata"]["managedFields"])


def _time(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


def _by_hand(lab: RunningLab, namespace: str, password: str) -> None:
    """Do what a flat program does: Secret, service account, Knative Services."""
    _secret_by_hand(lab, namespace, password)
    lab.kubectl.run(
        "patch", "serviceaccount", "default", "-n", namespace, "-p", '{"imagePullSecrets": [{"name": "lab"}]}'
    )
    _apply(lab, *(_knative_service(namespace, key) for key in SIX))


def _secret_by_hand(lab: RunningLab, namespace: str, password: str) -> None:
    secret = lab.kubectl.run(
        *("create", "secret", "docker-registry", "lab", "-n", namespace, "--dry-run=client", "-o", "json"),
        *(f"--docker-server={registries.PROTECTED}", f"--docker-username={registries.USERNAME}"),
        f"--docker-password={password}",
    )
    lab.kubectl.run("apply", "-f", "-", document=secret)


def _knative_service(namespace: str, name: str, *, image: str = IMAGE, revision: str | None = None) -> Config:
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"metadata": {"name": revision}, "spec": {"containers": [{"image": image}]}}},
    }


def _seconds_until_ready(lab: RunningLab, namespace: str, since: float) -> str:
    """Say how long it took by hand, or that it takes longer than anybody wants to see."""

    @retry(retry=retry_if_result(lambda ready: not ready), stop=stop_after_delay(5), wait=wait_fixed(0.5))
    def wait() -> bool:
        return all(_is_ready(service) for service in _services(lab, namespace))

    try:
        wait()
    except Exception:  # noqa: BLE001 - tenacity's own, whose cause is that it is not ready
        return f"not in {time.time() - since:.0f} s"
    return f"in {time.time() - since:.1f} s"


def _is_ready(service: Any) -> bool:
    conditions = service.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _apply(lab: RunningLab, *documents: Config) -> None:
    lab.kubectl.run(
        "apply", "-f", "-", document=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
    )


def _prepare(lab: RunningLab, namespaces: Mapping[str, str]) -> None:
    """Make what the failures need and the program does not declare."""
    lab.kubectl.run(
        "label", "namespace", namespaces["strict"], "pod-security.kubernetes.io/enforce=restricted"
    )
    lab.kubectl.run("create", "quota", "none", "--hard=pods=0", "-n", namespaces["full"])
    malformed = json.dumps({"auths": {"https://a b": {"username": "ci-bot", "password": WRONG_PASSWORD}}})
    lab.kubectl.run(
        *("create", "secret", "generic", "malformed", "-n", namespaces["good"]),
        *("--type=kubernetes.io/dockerconfigjson", f"--from-literal=.dockerconfigjson={malformed}"),
    )
    # The revision that has the name which another one wants.
    app = _knative_service(namespaces["good"], "app", image=registries.PAUSE_IMAGE, revision="app-web-1")
    _apply(lab, app)
    for name, port in ((TLS_REGISTRY, odd.TLS), (HTTP_REGISTRY, odd.PLAIN_HTTP)):
        _apply(lab, *_name_for(namespaces["good"], name, port))


def _name_for(namespace: str, name: str, port: int) -> Iterator[Config]:
    """Give a registry on this machine a name that is no private address, for which Knative wants https."""
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": [{"port": port, "name": "registry"}]},
    }
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"name": "registry", "port": port, "protocol": "TCP"}],
        "endpoints": [{"addresses": [network.HOST_ADDRESS], "conditions": {"ready": True}}],
    }
