"""Whether a changed password reaches its Secret in place.

Pulumi's Kubernetes provider replaces a Secret whose data changes, unless it is told otherwise: with a fixed
name it is deleted first, and until it is there again nobody can pull. Source: pulumi-kubernetes
`provider/pkg/provider/diff.go`.
"""

import os
import weakref

import pulumi
from pulumi.runtime.settings import get_monitor

_TRUE = ("1", "t", "true")
"""What the provider takes for true in its configuration and environment."""
_WARNED: weakref.WeakKeyDictionary[object, set[object]] = weakref.WeakKeyDictionary()


def warn_unless_in_place(component: pulumi.Resource) -> None:
    """Warn, once for each provider, that it would delete a Secret to change it."""
    provider = component.get_provider("kubernetes:core/v1:Secret")
    warned = _WARNED.setdefault(get_monitor(), set())
    if provider in warned:
        return
    warned.add(provider)
    if provider is None:
        _warn(component, _of_default_provider())
    else:
        _: pulumi.Output[bool] = pulumi.Output.from_input(_warn_of(component, provider))


def _of_default_provider() -> str | None:
    configured = pulumi.Config("kubernetes").get("enableSecretMutable")
    return configured or os.environ.get("PULUMI_K8S_ENABLE_SECRET_MUTABLE")


async def _warn_of(component: pulumi.Resource, provider: pulumi.Resource) -> bool:
    # A provider has no Outputs for its settings. The engine knows them, as for references to resources.
    urn = await provider.urn.future()
    found = await pulumi.runtime.invoke_async("pulumi:pulumi:getResource", {"urn": urn})
    return _warn(component, ((found or {}).get("state") or {}).get("enableSecretMutable"))


def _warn(component: pulumi.Resource, value: object) -> bool:
    if str(value).lower() in _TRUE:
        return False
    pulumi.log.warn(
        "a changed password would delete this Secret before it is made again, and nobody could pull in "
        "between. Give the Kubernetes provider enable_secret_mutable=True, or the default one the "
        "configuration kubernetes:enableSecretMutable",
        component,
    )
    return True
