"""What is wrong with the servers and the credentials of a stack."""

from collections.abc import Iterator
from dataclasses import replace

from components.registry.findings import Severity
from components.serving.pull_secrets import check_registry

from .models import Encrypted, StackConfig
from .problems import Path
from .specs import registry_spec


def broken_registries(config: StackConfig) -> Iterator[tuple[Path, str]]:
    """Give the path and the message of every error; warnings are for the components to say."""
    for key, registry in config.registries.items():
        spec = registry_spec(key, registry)
        if registry.password is not None and not isinstance(registry.password, Encrypted):
            spec = replace(spec, password=registry.password.get_secret_value())
        for finding in check_registry(spec)[0]:
            if finding.severity is Severity.ERROR:
                yield ("registries", key), f"{finding.message}. To mend it, {finding.fix}"
