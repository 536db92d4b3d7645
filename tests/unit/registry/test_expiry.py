"""When credentials end."""

import base64
import json

import pytest

from components.registry.expiry import expires

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
IN_2100 = 4102444800


def jwt(claims: object) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


def ecr(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


@pytest.mark.parametrize(
    ("host", "username", "password", "expected"),
    [
        ("ghcr.io", "ci-bot", "plain", None),
        ("ghcr.io", "ci-bot", "ghp_classic", None),
        ("ghcr.io", "ci-bot", "ghs_job", "at the end of its CI job"),
        ("registry.gitlab.com", "gitlab-ci-token", "glcbt-x", "at the end of its CI job"),
        ("registry.example.com", "a", jwt({"exp": IN_2100}), "2100-01-01 00:00 UTC"),
        ("registry.example.com", "a", jwt({"exp": float(IN_2100)}) + "\n", "2100-01-01 00:00 UTC"),
        ("registry.example.com", "a", jwt({"exp": True}), None),
        ("registry.example.com", "a", jwt({"exp": "soon"}), None),
        ("registry.example.com", "a", jwt({"exp": 1e300}), None),
        ("registry.example.com", "a", jwt([]), None),
        ("registry.example.com", "a", "a.b.c", None),
        (ECR, "AWS", ecr({"payload": "x", "expiration": IN_2100}), "2100-01-01 00:00 UTC"),
        (ECR, "AWS", "opaque", "12 hours after it was issued"),
        ("gcr.io", "oauth2accesstoken", "opaque", "60 minutes after it was issued"),
        ("europe-docker.pkg.dev", "other", "ya29.token", "60 minutes after it was issued"),
        ("gcr.io", "_json_key", '{"type": "service_account"}', None),
    ],
)
def test_expires(host: str, username: str, password: str, expected: str | None) -> None:
    assert expires(host, username, password) == expected
