"""`wait` of a Knative Service: a limit of its own, or none."""

import pytest

from components.serving.wait import Wait
from config.problems import InvalidConfig
from config.specs import knative_service_spec
from config.validation import validate

PROJECT = "knative-private-registry"


def read(**service: object) -> Wait | bool:
    data = {
        "namespaces": {"apps": {}},
        "services": {
            "hello": {"namespace": "apps", "image": "ghcr.io/acme/hello:1.0", "public": True, **service}
        },
    }
    return knative_service_spec(validate(data, project=PROJECT), "hello").wait


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ({"timeout": "90s"}, Wait(timeout="90s")),
        ({}, Wait(timeout="5m")),
        (True, Wait(timeout="5m")),
        (False, False),
    ],
)
def test_wait(wait: object, expected: Wait | bool) -> None:
    assert read(wait=wait) == expected


def test_the_default_is_five_minutes() -> None:
    assert read() == Wait(timeout="5m")
    assert Wait().seconds == 300


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ({"timeout": "soon"}, "services.hello.wait.timeout: not a length of time. Write it like 90s or 5m"),
        ({"timeout": "0s"}, "services.hello.wait.timeout: not a length of time. Write it like 90s or 5m"),
        ({"timeout": 90}, "services.hello.wait.timeout: is not a string. Put it in quotes"),
        ({"timeuot": "5m"}, 'services.hello.wait.timeuot: unknown key. Did you mean "timeout"?'),
        ("5m", "services.hello.wait: must be a mapping of keys to values"),
        (None, "services.hello.wait: must be true, false or a mapping with `timeout`"),
    ],
)
def test_what_is_no_wait_is_refused(wait: object, expected: str) -> None:
    with pytest.raises(InvalidConfig) as error:
        read(wait=wait)
    assert [str(problem) for problem in error.value.problems] == [f"{PROJECT}:{expected}"]
