import base64
import json
from datetime import UTC, datetime

import pytest

from components.registry import credentials, server
from components.registry.credentials import Credentials
from components.registry.errors import RegistryError
from components.registry.opaque import OPAQUE, Opaque


def parse(address: str, username: str | Opaque = "ci", password: str | Opaque = "s3cret") -> Credentials:
    return credentials.parse(server.parse(address), username=username, password=password)


def codes(found: Credentials) -> list[str]:
    return [finding.code for finding in found.findings]


def test_rendered_for_a_registry() -> None:
    assert parse("https://GHCR.io/").render() == (
        '{"auths":{"ghcr.io":{"username":"ci","password":"s3cret","auth":"Y2k6czNjcmV0"}}}'
    )


def test_a_path_on_docker_hub_is_rendered_with_both_keys() -> None:
    text = parse("docker.io/acme").render()
    assert list(json.loads(text)["auths"]) == ["index.docker.io/acme", "docker.io/acme"]


@pytest.mark.parametrize("password", ["s3cret\n", "s3cret\r\n", "s3cret\n\n"])
def test_line_breaks_at_the_end_are_removed(password: str) -> None:
    found = parse("ghcr.io", password=password)
    assert found.password == "s3cret"
    assert codes(found) == ["password-line-break"]


def test_a_key_file_ends_with_a_line_break() -> None:
    key = json.dumps({"type": "service_account", "private_key": "k", "client_email": "e"}, indent=2)
    found = parse("europe-docker.pkg.dev", "_json_key", key + "\n")
    assert found.password == key
    assert codes(found) == []
    packed = base64.encodebytes(key.encode()).decode()
    assert codes(parse("gcr.io", "_json_key_base64", packed.strip())) == []


@pytest.mark.parametrize(
    ("address", "username"),
    [("quay.io", "robot+x"), ("harbor.io", "robot$x"), ("harbor.io", "robotics"), ("ghcr.io", "AWS")],
)
def test_usernames_with_nothing_to_say(address: str, username: str) -> None:
    assert codes(parse(address, username)) == []


def test_problems_make_it_unusable_and_are_said_when_rendering() -> None:
    found = parse("ghcr.io", "a:b")
    assert not found.is_usable
    with pytest.raises(RegistryError, match='the username holds ":"') as error:
        found.render()
    assert "s3cret" not in str(error.value)
    with pytest.raises(RegistryError, match="the server is empty"):
        parse("").render()


def test_repr_shows_neither_username_nor_password() -> None:
    found = parse("ghcr.io", "zebra")
    assert "s3cret" not in repr(found)
    assert "zebra" not in repr(found)


def test_encrypted_values_are_skipped_and_said_to_be() -> None:
    found = parse("ghcr.io", OPAQUE, OPAQUE)
    assert found.is_usable
    assert found.findings == ()
    assert found.skipped == (
        "the username is encrypted: its form was not checked",
        "the password is encrypted: its form was not checked",
    )
    with pytest.raises(RegistryError, match="encrypted"):
        found.render()


def test_a_known_username_is_checked_beside_an_encrypted_password() -> None:
    found = parse("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "AWS", OPAQUE)
    assert codes(found) == ["short-lived-token"]


@pytest.mark.parametrize(
    ("exp", "expired"), [(100, True), (10**10, False), (True, False), (10**400, False), ("x", False)]
)
def test_expiry_of_tokens(exp: object, expired: bool) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": exp}).encode()).decode()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = credentials.parse(server.parse("x.io"), username="a", password=f"e.{claims}.s", now=now)
    assert codes(found) == (["expired-token"] if expired else [])
