"""Docker configs that we write, byte for byte against `kubectl create secret docker-registry`."""

import base64
from collections.abc import Callable
from random import Random

import pytest

from components.registry import docker_config
from components.registry.errors import RegistryError
from tests.oracle.cases import Rendering, rendering
from tests.oracle.programs import Oracle

Renderer = Callable[[Rendering], bytes | None]


def ours(inputs: Rendering) -> bytes | None:
    """Return the bytes of the Secret, or None where the inputs are refused."""
    try:
        return docker_config.render(**inputs).encode()
    except RegistryError:
        return None


def first_difference(kubectl: Oracle, count: int, render: Renderer) -> tuple[str, int]:
    """Return the first difference, if any, and how many inputs kubectl refused."""
    refused = 0
    for seed in range(count):
        inputs = rendering(Random(seed))  # noqa: S311 (cases, not keys)
        answer = kubectl.ask(inputs)
        real = base64.b64decode(answer["dockerconfigjson"]) if "dockerconfigjson" in answer else None
        if real is None:
            assert "--docker-username, --docker-password and --docker-server is required" in answer["error"]
            refused += 1
        if (rendered := render(inputs)) != real:
            return f"inputs {inputs}\nours {rendered!r}\nreal {real!r}", refused
    return "", refused


def test_every_docker_config_is_the_one_kubectl_writes(
    kubectl: Oracle, cases: int, figures: list[str]
) -> None:
    difference, refused = first_difference(kubectl, cases, ours)

    assert not difference, difference
    figures.append(
        f"rendering: 0 differences in {cases:,} cases, of which kubectl refuses {refused / cases:.1%}"
    )
    assert 0.02 < refused / cases < 0.5


# The comparison must be able to fail: each of these is a slip that Secrets written by hand have.


def _ascii_only(inputs: Rendering) -> bytes | None:
    rendered = ours(inputs)
    return rendered and rendered.decode().encode("ascii", "backslashreplace")


def _no_html_escapes(inputs: Rendering) -> bytes | None:
    rendered = ours(inputs)
    return rendered and rendered.replace(b"\\u0026", b"&")


def _empty_email(inputs: Rendering) -> bytes | None:
    rendered = ours(inputs)
    return rendered and rendered.replace(
        b',"auth"', b',"email":"","auth"' if not inputs["email"] else b',"auth"'
    )


def _stripped(inputs: Rendering) -> bytes | None:
    return ours({**inputs, "password": inputs["password"].strip()})


@pytest.mark.parametrize("slip", [_ascii_only, _no_html_escapes, _empty_email, _stripped])
def test_a_slip_is_caught(kubectl: Oracle, slip: Renderer) -> None:
    difference, _ = first_difference(kubectl, 1_000, slip)

    assert difference
