"""ServiceAccountPullSecrets: the image pull secrets of one service account.

It makes no Secret. The list it gives is what every pod of the service account uses, unless the pod has pull
secrets of its own.
"""

import asyncio
import hashlib
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi.runtime.settings import get_monitor
from pulumi_kubernetes.core.v1 import ServiceAccount, ServiceAccountPatch

from .children import children_of
from .cluster import Cluster
from .errors import ArgumentError
from .list_owners import ListOwners, list_owners
from .merged_pull_secrets import MergedPullSecrets
from .metadata import name_in
from .serving.pull_secrets import Mode


@dataclass(frozen=True, kw_only=True)
class ServiceAccountPullSecretsArgs:
    """Which service account, which pull secrets, and whose the list is."""

    namespace: pulumi.Input[str]
    service_account: pulumi.Input[str]
    """`metadata.name`."""
    secret_names: Sequence[pulumi.Input[str]]
    """In the order in which Knative takes them: it presents the first that matches, and no other."""
    mode: Mode
    """`own`: the service account is ours, made and deleted with this component.

    `patch`: the whole list is ours, the service account is not. Server-side apply refuses it when the list
    belongs to somebody else.

    `merge`: only these entries are ours; those of others stay, whatever happens.
    """
    force: bool = False
    """With `patch`: take the list from another owner. Its entries are lost, and not restored later."""
    cluster: Cluster = field(default_factory=Cluster)
    """Where `merge` finds the service account, and where `patch` looks for other owners: the provider's
    cluster."""


class ServiceAccountPullSecrets(pulumi.ComponentResource):
    """The image pull secrets of one service account.

    Resources: with `own` a core/v1 ServiceAccount, with `patch` a core/v1 ServiceAccountPatch, with `merge` a
    dynamic resource that adds its own entries to the list.

    Raises ArgumentError when another component of the program has the same service account, and, with
    `patch`, when the list in the cluster belongs to somebody else; that is found in preview already, if the
    cluster can be read.
    """

    service_account: pulumi.Output[str]
    """The service account's name, known once it has its pull secrets."""

    def __init__(
        self, name: str, args: ServiceAccountPullSecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("knative-private-registry:index:ServiceAccountPullSecrets", name, None, opts)
        if args.force and args.mode != "patch":
            raise ArgumentError(f'{name}: force has no meaning with mode "{args.mode}". Use mode "patch"')
        where = self.get_provider("kubernetes:core/v1:ServiceAccount") or args.cluster
        account = _claimed(name, where, args.namespace, args.service_account)
        children = children_of(self, opts)
        match args.mode:
            case "own":
                owned = ServiceAccount(
                    name,
                    metadata={"name": account, "namespace": args.namespace},
                    image_pull_secrets=[{"name": secret} for secret in args.secret_names],
                    opts=children,
                )
                self.service_account = name_in(owned.metadata)
            case "patch":
                patch = ServiceAccountPatch(
                    name,
                    metadata={
                        "name": account,
                        "namespace": args.namespace,
                        "annotations": {
                            "pulumi.com/patchFieldManager": _urn(self).apply(_field_manager),
                            **({"pulumi.com/patchForce": "true"} if args.force else {}),
                        },
                    },
                    image_pull_secrets=_unless_of_others(self, name, args),
                    # After a rename with an alias it stays the manager that it was: another one would be in
                    # conflict with it.
                    opts=pulumi.ResourceOptions.merge(
                        children, pulumi.ResourceOptions(ignore_changes=[_FIELD_MANAGER_PATH])
                    ),
                )
                self.service_account = name_in(patch.metadata)
            case "merge":
                merged = MergedPullSecrets(
                    name,
                    namespace=args.namespace,
                    service_account=account,
                    secret_names=args.secret_names,
                    cluster=args.cluster,
                    opts=children,
                )
                self.service_account = merged.service_account
        self.register_outputs({"serviceAccount": self.service_account})


# The owners by run: one process may run several programs, one after the other or side by side.
_OWNERS: weakref.WeakKeyDictionary[object, dict[tuple[object, str, str], str]] = weakref.WeakKeyDictionary()


def _claimed(
    name: str, where: object, namespace: pulumi.Input[str], service_account: pulumi.Input[str]
) -> pulumi.Input[str]:
    """Give the service account's name, after noting that `name` is its only owner.

    `where` stands for its cluster: the provider, or what the default provider is. Two providers count as two
    clusters.
    """
    owners = _OWNERS.setdefault(get_monitor(), {})

    def claim(identity: tuple[str, str]) -> str:
        owner = owners.setdefault((where, *identity), name)
        if owner != name:
            raise ArgumentError(
                f'{name}: service account "{identity[1]}" in namespace "{identity[0]}" has its pull secrets '
                f'from "{owner}" already. imagePullSecrets is one list: give all of them in one place'
            )
        return identity[1]

    if isinstance(namespace, str) and isinstance(service_account, str):
        return claim((namespace, service_account))
    return pulumi.Output.all(namespace, service_account).apply(lambda parts: claim((parts[0], parts[1])))


def _urn(component: pulumi.Resource) -> pulumi.Output[str]:
    """Give a component's URN to its own child; as an Output of the component it would close a circle."""

    async def urn() -> str:
        return str(await component.urn.future())

    return pulumi.Output.from_input(urn())


_FIELD_MANAGER_PATH = 'metadata.annotations["pulumi.com/patchFieldManager"]'


def _field_manager(urn: str) -> str:
    """Name the owner of the list: the same after lost state, another for every resource.

    A manager that a resource shared with another one would lose the list when that is deleted, as it is after
    a rename without an alias.
    """
    return f"{_field_managers_of_stack(urn)}{_digest(urn)}"


def _field_managers_of_stack(urn: str) -> str:
    """Say how the names of all owners begin that are resources of one stack.

    A program has one owner of a list, so another of the stack is the same one under an earlier name.
    """
    stack, project, *_ = urn.split("::")
    return f"knative-private-registry-{_digest(f'{stack}::{project}')}-"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _unless_of_others(
    component: pulumi.Resource, name: str, args: ServiceAccountPullSecretsArgs
) -> pulumi.Output[list[dict[str, str]]]:
    """Give the list, once it is sure that nobody else owns the one in the cluster."""

    async def check(known: list[str]) -> list[dict[str, str]]:
        urn, namespace, account, *names = known
        found = await asyncio.to_thread(list_owners, args.cluster, namespace, account)
        ours = _field_managers_of_stack(urn)
        problem = _conflict(found, names, ours)
        if problem:
            where = f'imagePullSecrets of service account "{account}" in namespace "{namespace}"'
            if args.force or found.seen(ours):
                pulumi.log.warn(f"{where} {problem}", component)
            else:
                raise ArgumentError(
                    f'{name}: {where} {problem}. Use mode "merge", which keeps the entries of others, '
                    "or force to take the list"
                )
        return [{"name": secret} for secret in names]

    known = pulumi.Output.all(_urn(component), args.namespace, args.service_account, *args.secret_names)
    return known.apply(check)


def _conflict(found: ListOwners, names: list[str], ours: str) -> str | None:
    """Say what server-side apply will object to, and what would be lost."""
    others = [manager for manager in found.owners if not manager.startswith(ours)]
    if not others or found.names == names:
        return None
    lost = [entry for entry in found.names if entry not in names]
    loss = f"would remove: {', '.join(lost)}" if lost else "would change its entries"
    return f"belongs to {', '.join(others)}; taking it {loss}"
