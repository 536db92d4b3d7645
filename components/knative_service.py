"""KnativeService: one Knative Service.

It makes no pull secrets and gives none to service accounts. Pass the name of the service account as an
Output of `ServiceAccountPullSecrets`, so that the pull secrets are there before the first revision: Knative
resolves the image once per revision, and after a failure it takes its time to try again.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import pulumi
from pulumi_kubernetes import _utilities

from .children import children_of
from .errors import ArgumentError
from .metadata import name_in
from .serving import checks
from .serving.manifest import API_VERSION, KIND, Manifest, manifest
from .serving.quantity import QuantityError
from .serving.spec import KnativeServiceSpec

KnativeServiceArgs: TypeAlias = KnativeServiceSpec[pulumi.Input[str]]
"""What a KnativeService is made of; values may be Outputs, whatever shapes the manifest is plain."""


class KnativeService(pulumi.ComponentResource):
    """One Knative Service, awaited until it is Ready.

    Resources: a serving.knative.dev/v1 Service.

    Raises ArgumentError for a manifest that Knative would refuse, or of which the API server would silently
    drop a part.
    """

    name: pulumi.Output[str]
    """`metadata.name`, known once the Knative Service is Ready."""
    url: pulumi.Output[str | None]
    """Where it answers."""

    def __init__(
        self, name: str, args: KnativeServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("knative-private-registry:index:KnativeService", name, None, opts)
        service = ServingService(name, _manifest(name, args), children_of(self, opts))
        self.name = name_in(service.metadata)
        self.url = service.status.apply(lambda status: (status or {}).get("url"))
        self.register_outputs({"name": self.name, "url": self.url})


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


def _manifest(name: str, args: KnativeServiceArgs) -> Manifest:
    try:
        document = manifest(name, args)
    except QuantityError as error:
        raise ArgumentError(f"{name}: resources: {error}") from None
    problems = checks.problems(document, enabled_features=args.enabled_features)
    if problems:
        raise ArgumentError("\n".join(f"{name}: {problem}" for problem in problems))
    metadata = document["metadata"]
    metadata["annotations"] = {"pulumi.com/waitFor": "condition=Ready", **metadata.get("annotations", {})}
    for container in document["spec"]["template"]["spec"]["containers"]:
        if "env" in container:
            container["env"] = [_without_empty_value(entry) for entry in container["env"]]
    return document


def _without_empty_value(entry: Mapping[str, Any]) -> pulumi.Input[Mapping[str, Any]]:
    """Leave out a value that turns out to be empty, as Knative's webhook does."""
    value = entry.get("value")
    if not isinstance(value, pulumi.Output):
        return entry
    return value.apply(lambda known: dict(entry, value=known) if known else {"name": entry["name"]})
