"""The manifests of the Knative Services of a stack, and what is wrong with them."""

from collections.abc import Iterator

from components.serving import checks
from components.serving.manifest import manifest
from components.serving.quantity import QuantityError

from .models import StackConfig
from .problems import Path
from .specs import knative_service_spec


def broken_manifests(config: StackConfig) -> Iterator[tuple[Path, str]]:
    """Give the path and the message of everything that Knative would refuse, or that would be dropped."""
    for key in config.services:
        spec = knative_service_spec(config, key)
        try:
            document = manifest(key, spec)
        except QuantityError as error:
            yield ("services", key, "resources"), str(error)
            continue
        for problem in checks.problems(document, enabled_features=spec.enabled_features):
            yield ("services", key), f"{problem.where} {problem.what}"
