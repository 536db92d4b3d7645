"""A hundred Knative Services such as people might write, the same ones in every process."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, seed, settings

from components.serving.spec import KnativeServiceSpec
from lab import registries
from tests.unit.serving.strategies import knative_services

COUNT = 100


def generated_services(namespace: str) -> Mapping[str, KnativeServiceSpec[str]]:
    """Give them by name. Nothing waits for them, and their images are ones that the lab has."""
    found: list[KnativeServiceSpec[str]] = []

    @seed(5)
    @settings(
        max_examples=COUNT,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(knative_services(namespace))
    def collect(spec: KnativeServiceSpec[str]) -> None:
        found.append(spec)

    collect()
    return {name: _named(name, spec) for name, spec in ((f"s-{n:03}", spec) for n, spec in enumerate(found))}


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
