"""Whatever the text, there is an answer, or the package's own error."""

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from components.registry import coverage, credentials, docker_config, image, keyring, server
from components.registry.errors import RegistryError

PIECES = st.sampled_from(
    ["https://", "http://", "docker.io", "index.docker.io", "gcr.io", "localhost", "*", "?", "[", "]",
     "[::1]", "\\", "/", "//", "/v1/", "/v2", ":", ":5000", "@", "#", "%", "%41", "%ff", "%25", "-", "^",
     ".", "..", " ", "\n", "\x00", "sha256:", "ab" * 32, "a", "A", "é", "\ud800", "\uffff", "😀", "_"]
)  # fmt: skip
TEXT = st.one_of(
    st.lists(PIECES, max_size=8).map("".join), st.text(max_size=40), st.text(max_size=40).map(str.strip)
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(["YTpi", "YTpi=", "?"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            TEXT
            | st.sampled_from(
                ["auths", "Auths", "auth", "username", "password", "identitytoken", "HttpHeaders"]
            ),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)
CONFIG = st.one_of(TEXT, JSON.map(json.dumps), JSON.map(lambda value: json.dumps({"auths": value})))


@given(TEXT, st.booleans())
@settings(deadline=None, max_examples=200)
def test_servers(text: str, verbatim: bool) -> None:
    parsed = server.parse(text, verbatim=verbatim)
    if parsed.is_usable and not verbatim:
        assert server.parse(parsed.address).address == parsed.address
        assert all(server.normalise(key) is not None for key in parsed.keys)
    server.mask(text)


@given(TEXT)
@settings(deadline=None, max_examples=200)
def test_images(text: str) -> None:
    for parse in (image.for_kubelet, image.for_knative):
        with contextlib.suppress(RegistryError):
            parse(text)
    if not any(finding.severity == "error" for finding in image.check(text)):
        image.for_kubelet(text)
        image.for_knative(text)


@given(CONFIG)
@settings(deadline=None, max_examples=200)
def test_docker_configs(text: str) -> None:
    docker_config.parse(text)


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_docker_configs_of_any_bytes(data: bytes) -> None:
    docker_config.parse(data)


@given(st.lists(CONFIG, max_size=3), TEXT)
@settings(deadline=None, max_examples=200)
def test_matching(secrets: list[str], text: str) -> None:
    json.dumps(keyring.match(secrets, text).as_json())


@given(TEXT, TEXT, TEXT, TEXT, TEXT)
@settings(deadline=None)
def test_rendering(address: str, username: str, password: str, email: str, verbatim_server: str) -> None:
    found = credentials.parse(server.parse(address), username=username, password=password, email=email)
    with contextlib.suppress(RegistryError):
        json.loads(found.render())
    with contextlib.suppress(RegistryError):
        json.loads(docker_config.render(server=verbatim_server, username=username, password=password))


@given(st.lists(CONFIG, max_size=3), st.lists(TEXT, max_size=3))
@settings(deadline=None)
def test_coverage(configs: list[str], images: list[str]) -> None:
    secrets = [
        coverage.PullSecret(name=f"s{number}", namespace="apps", config=docker_config.parse(text))
        for number, text in enumerate(configs)
    ]
    report = coverage.check(
        workloads=[coverage.Workload(name="a", namespace="apps", images=images, pull_secrets=["s0", "s2"])],
        pull_secrets=secrets,
        service_accounts=[coverage.ServiceAccount(name="default", namespace="apps", pull_secrets=["s1"])],
        queue_proxy_image="gcr.io/knative/queue:1",
    )
    assert len(report.coverages) == 2 * len(set(images))
