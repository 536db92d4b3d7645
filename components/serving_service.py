"""The resource of a Knative Service, with access to its status."""

from typing import Any

import pulumi
from pulumi_kubernetes import _utilities

from .serving.manifest import API_VERSION, KIND, Manifest


class ServingService(pulumi.CustomResource):
    """A serving.knative.dev/v1 Service.

    It has the type of `pulumi_kubernetes.apiextensions.CustomResource`, which gives no access to `status`.
    """

    metadata: pulumi.Output[dict[str, Any]]
    spec: pulumi.Output[dict[str, Any]]
    status: pulumi.Output[dict[str, Any] | None]

    def __init__(self, name: str, document: Manifest, opts: pulumi.ResourceOptions) -> None:
        super().__init__(
            f"kubernetes:{API_VERSION}:{KIND}",
            name,
            # A property that is not among the inputs gets no Output.
            {**document, "status": None},
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=_provider_version())),
        )


def _provider_version() -> str:
    """Give the version of the installed SDK, so that no other default provider can be picked.

    The SDK's own resources do the same, with this very function.
    """
    return str(_utilities.get_version())  # type: ignore[no-untyped-call]  # generated without types
