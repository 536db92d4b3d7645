"""The tables of what each reader matches, as measured with the readers' own code."""

import json

import pytest

from components.registry import docker_config, keyring


def results(server: str, image: str) -> tuple[str, str]:
    """Return what the kubelet and Knative do with a credential for `server` and an image."""
    match = keyring.match([secret_for(server)], image)
    return match.kubelet.result, match.knative.result


def secret_for(server: str) -> str:
    return json.dumps({"auths": {server: {"username": "ci", "password": "s3cret"}}})


OK, NO = "credential", "anonymous"


@pytest.mark.parametrize(
    ("server", "knative", "kubelet"),
    [
        ("https://index.docker.io/v1/", OK, OK),
        ("index.docker.io", OK, OK),
        ("https://index.docker.io/", OK, OK),
        ("https://index.docker.io/v2/", OK, OK),
        ("https://index.docker.io/v1", NO, NO),
        ("https://docker.io/", NO, OK),
        ("docker.io", NO, OK),
        ("https://docker.io/v1/", NO, OK),
        ("docker.io/acme", NO, OK),
        ("index.docker.io/acme", OK, NO),
        ("https://index.docker.io/v1/acme", OK, NO),
        ("*.docker.io", OK, NO),
        ("registry-1.docker.io", NO, NO),
        ("hub.docker.com", NO, NO),
        ("registry.hub.docker.com", NO, NO),
        ("auth.docker.io", NO, NO),
        ("Docker.io", NO, NO),
        ("docker.io:443", NO, NO),
        ("index.docker.io:443", NO, NO),
        ("https://index.docker.io:443/v1/", NO, NO),
    ],
)
def test_docker_hub(server: str, knative: str, kubelet: str) -> None:
    assert results(server, "docker.io/acme/app") == (kubelet, knative)


def test_docker_hub_with_a_path_needs_both_keys() -> None:
    secret = docker_config.render_entries(
        [
            docker_config.Entry(key=key, username="ci", password="s3cret")
            for key in ("index.docker.io/acme", "docker.io/acme")
        ]
    )
    match = keyring.match([secret], "docker.io/acme/app")
    assert (match.kubelet.result, match.knative.result) == (OK, OK)


@pytest.mark.parametrize(
    ("server", "image"),
    [
        ("gcr.io", "gcr.io/proj/app"),
        ("https://gcr.io", "gcr.io/proj/app"),
        ("https://gcr.io/", "gcr.io/proj/app"),
        ("http://gcr.io", "gcr.io/proj/app"),
        ("https://gcr.io/proj", "gcr.io/proj/app"),
        ("https://gcr.io/proj/", "gcr.io/proj/app"),
        ("gcr.io/v2/", "gcr.io/proj/app"),
        ("https://user@gcr.io", "gcr.io/proj/app"),
        ("https://gcr.io/?x=1", "gcr.io/proj/app"),
        ("host:5000", "host:5000/team/app"),
        ("http://host:5000/", "host:5000/team/app"),
        ("host:5000/team", "host:5000/team/app"),
        ("*.example.com:5000", "a.example.com:5000/team/app"),
        ("192.168.1.10:5000", "192.168.1.10:5000/team/app"),
        ("[::1]:5000", "[::1]:5000/team/app"),
    ],
)
def test_matched_by_both(server: str, image: str) -> None:
    assert results(server, image) == (OK, OK)


@pytest.mark.parametrize(
    ("server", "image"),
    [
        ("https://gcr.io/v2", "gcr.io/proj/app"),
        ("gcr.io:443", "gcr.io/proj/app"),
        ("GCR.io", "gcr.io/proj/app"),
        ("//gcr.io", "gcr.io/proj/app"),
        ("gcr.io//", "gcr.io/proj/app"),
        ("https://https://gcr.io", "gcr.io/proj/app"),
        ("host", "host:5000/team/app"),
        ("*.example.com", "a.b.example.com/team/app"),
        ("", "gcr.io/proj/app"),
        ("HTTPS://gcr.io", "gcr.io/proj/app"),
        ("ftp://gcr.io", "gcr.io/proj/app"),
        ("oci://gcr.io", "gcr.io/proj/app"),
    ],
)
def test_matched_by_neither(server: str, image: str) -> None:
    assert results(server, image) == (NO, NO)


@pytest.mark.parametrize("server", [" gcr.io", "gcr.io ", "host:*", "host:abc", "[a-z].x.io", "%zz"])
def test_ignored_by_the_kubelet_and_fatal_for_knative(server: str) -> None:
    match = keyring.match([secret_for(server)], "gcr.io/proj/app")
    assert match.kubelet.result == "anonymous"
    assert match.kubelet.ignored == (server,)
    assert match.knative.result == "keychain-error"


def test_localhost_without_a_port_is_two_different_registries() -> None:
    match = keyring.match([], "localhost/foo")
    assert match.kubelet.repository == "localhost/foo"
    assert match.knative.repository == "index.docker.io/localhost/foo"


@pytest.mark.parametrize(
    ("image", "kubelet", "knative"),
    [
        ("gcr.io/a", NO, "invalid-image"),
        ("https://gcr.io/p/a", "invalid-image", NO),
        ("gcr.io/p/a:", "invalid-image", NO),
        ("gcr.io/P/a", "invalid-image", "invalid-image"),
        ("GCR.io/p/a", NO, NO),
    ],
)
def test_images_that_only_one_reader_accepts(image: str, kubelet: str, knative: str) -> None:
    assert results("other.io", image) == (kubelet, knative)


def test_an_upper_case_host_matches_an_identical_key_only() -> None:
    assert results("GCR.io", "GCR.io/p/app") == (OK, OK)
    assert results("gcr.io", "GCR.io/p/app") == (NO, NO)
