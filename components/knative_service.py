"""KnativeService: one Knative Service.

It makes no pull secrets and gives none to service accounts. Pass the name of the service account as an
Output of `ServiceAccountPullSecrets`, so that the pull secrets are there before the first revision: Knative
resolves the image once per revision, and after a failure it takes its time to try again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from .children import children_of
from .cluster import Cluster
from .errors import ArgumentError
from .metadata import name_in
from .readiness import Waiting, status_when_ready
from .serving import checks
from .serving.manifest import Manifest, manifest
from .serving.quantity import QuantityError
from .serving.spec import KnativeServiceSpec
from .serving.wait import NOT_A_TIMEOUT
from .serving_service import ServingService


@dataclass(frozen=True, kw_only=True)
class KnativeServiceArgs(KnativeServiceSpec[pulumi.Input[str]]):
    """What a KnativeService is made of; values may be Outputs, whatever shapes the manifest is plain."""

    cluster: Cluster = field(default_factory=Cluster)
    """Where to see whether it is Ready: the provider's cluster."""
    password_commands: Mapping[str, str] = field(default_factory=dict)
    """For an image pull secret, the command that changes its password; for messages."""


class KnativeService(pulumi.ComponentResource):
    """One Knative Service, awaited until it is Ready, in every `pulumi up`, changed or not.

    Resources: a serving.knative.dev/v1 Service.

    Raises ArgumentError for a manifest that Knative would refuse, or of which the API server would silently
    drop a part, and NotReadyError when the Knative Service does not become Ready; why is an error of its
    resource, or in preview a warning. Before that, a latest revision that never was ready, and pods that wait
    to pull an image again, are deleted once, so that Knative and the kubelet try again.
    """

    name: pulumi.Output[str]
    """`metadata.name`, known once the Knative Service is Ready."""
    url: pulumi.Output[str | None]
    """Where it answers, known once the Knative Service is Ready; None if nobody waits for that."""

    def __init__(
        self, name: str, args: KnativeServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("knative-private-registry:index:KnativeService", name, None, opts)
        service = ServingService(name, _manifest(name, args), children_of(self, opts))
        status = _status(service, args)
        self.name = name_in(service.metadata)
        if not pulumi.runtime.is_dry_run():
            self.name = pulumi.Output.all(self.name, status).apply(lambda known: str(known[0]))
        self.url = status.apply(lambda known: (known or {}).get("url"))
        self.register_outputs({"name": self.name, "url": self.url})


def _status(service: ServingService, args: KnativeServiceArgs) -> pulumi.Output[dict[str, Any] | None]:
    if args.wait is False:
        return service.status
    return status_when_ready(
        service, Waiting(cluster=args.cluster, wait=args.wait, password_commands=args.password_commands)
    )


def _manifest(name: str, args: KnativeServiceArgs) -> Manifest:
    try:
        document = manifest(name, args)
    except QuantityError as error:
        raise ArgumentError(f"{name}: resources: {error}") from None
    if args.wait is not False and args.wait.seconds is None:
        raise ArgumentError(f"{name}: wait.timeout: {NOT_A_TIMEOUT}")
    problems = checks.problems(document, enabled_features=args.enabled_features)
    if problems:
        raise ArgumentError("\n".join(f"{name}: {problem}" for problem in problems))
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
