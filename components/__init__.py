"""Pulumi components that let Knative run images from private container registries.

In the project's own program this package is called `components`; installed, it is called
`knative_private_registry`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cluster import Cluster
    from .errors import ArgumentError
    from .image_pull_secret import ImagePullSecret, ImagePullSecretArgs
    from .knative_service import KnativeService, KnativeServiceArgs
    from .private_registry import (
        NamespaceArgs,
        PrivateRegistry,
        PrivateRegistryArgs,
        RegistryArgs,
        ResolverArgs,
        ServiceAccountArgs,
    )
    from .readiness import NotReadyError
    from .service_account import ServiceAccountPullSecrets, ServiceAccountPullSecretsArgs
    from .serving.spec import Container, ExtraContainer, KeyOf, Resources, Scale, TrafficTarget, Volume
    from .serving.wait import Wait

_HOME = {
    "ArgumentError": "errors",
    "Cluster": "cluster",
    "ImagePullSecret": "image_pull_secret",
    "ImagePullSecretArgs": "image_pull_secret",
    "KnativeService": "knative_service",
    "KnativeServiceArgs": "knative_service",
    "NamespaceArgs": "private_registry",
    "NotReadyError": "readiness",
    "PrivateRegistry": "private_registry",
    "PrivateRegistryArgs": "private_registry",
    "RegistryArgs": "private_registry",
    "ResolverArgs": "private_registry",
    "ServiceAccountArgs": "private_registry",
    "ServiceAccountPullSecrets": "service_account",
    "ServiceAccountPullSecretsArgs": "service_account",
    "Container": "serving.spec",
    "ExtraContainer": "serving.spec",
    "KeyOf": "serving.spec",
    "Resources": "serving.spec",
    "Scale": "serving.spec",
    "TrafficTarget": "serving.spec",
    "Volume": "serving.spec",
    "Wait": "serving.wait",
}

__all__ = [
    "ArgumentError",
    "Cluster",
    "Container",
    "ExtraContainer",
    "ImagePullSecret",
    "ImagePullSecretArgs",
    "KeyOf",
    "KnativeService",
    "KnativeServiceArgs",
    "NamespaceArgs",
    "NotReadyError",
    "PrivateRegistry",
    "PrivateRegistryArgs",
    "RegistryArgs",
    "ResolverArgs",
    "Resources",
    "Scale",
    "ServiceAccountArgs",
    "ServiceAccountPullSecrets",
    "ServiceAccountPullSecretsArgs",
    "TrafficTarget",
    "Volume",
    "Wait",
]


# The components are imported on first use: the rules (`registry`, `serving`) are for programs without Pulumi,
# too, and importing it takes most of a second.
if not TYPE_CHECKING:  # For a type checker, there would be any name.

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
