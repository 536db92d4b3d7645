"""A hundred Knative Services such as people might write, the same ones wherever they are asked for."""

import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, seed, settings

from components.serving.spec import KnativeServiceSpec
from lab import paths, registries
from tests.unit.serving.strategies import knative_services

COUNT = 100


def generated_services(namespace: str) -> Mapping[str, KnativeServiceSpec[str]]:
    """Give them by name. Nothing waits for them, and their images are ones that the lab has."""
    # Whatever its seed, Hypothesis also tries constants of all modules that the process has loaded.
    command = [sys.executable, "-m", "tests.lab.generated_services"]
    output = subprocess.run(command, cwd=paths.CLONE, stdout=subprocess.PIPE, check=True).stdout
    specs: list[KnativeServiceSpec[str]] = pickle.loads(output)  # noqa: S301 - from this very module.
    names = [f"s-{number:03}" for number in range(COUNT)]
    return {
        name: _named(name, replace(spec, namespace=namespace))
        for name, spec in zip(names, specs, strict=True)
    }


def _named(name: str, spec: KnativeServiceSpec[str]) -> KnativeServiceSpec[str]:
    """Give it a name that none of the others has; its revisions' names begin with it."""

    def of_this(revision: str | None) -> str | None:
        return revision and revision.replace("hello-", f"{name}-", 1)

    return replace(
        spec,
        name=name,
        image=registries.PAUSE_IMAGE,
        containers=[replace(container, image=registries.PAUSE_IMAGE) for container in spec.containers],
        revision_name=of_this(spec.revision_name),
        traffic=[replace(target, revision_name=of_this(target.revision_name)) for target in spec.traffic],
        wait=False,
    )


def _generate() -> list[KnativeServiceSpec[str]]:
    found: list[KnativeServiceSpec[str]] = []

    @seed(5)
    @settings(
        max_examples=COUNT,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(knative_services())
    def collect(spec: KnativeServiceSpec[str]) -> None:
        found.append(spec)

    collect()
    return found


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(_generate()))
