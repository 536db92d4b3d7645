"""Platform: a namespace for each product team, with a quota and access to the company's registry."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from knative_private_registry import (
    NamespaceArgs,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryArgs,
    ServiceAccountArgs,
)
from pulumi_kubernetes.core.v1 import Namespace, ResourceQuota, Secret

RUNNER = "runner"
"""The service account that a team's Knative Services run as."""


@dataclass(frozen=True, kw_only=True)
class PlatformArgs:
    """Who gets access to which registry."""

    server: pulumi.Input[str]
    """The address of the registry."""
    account: str
    """`namespace/name` of the Secret in which the registry's operator keeps username and password."""
    teams: Sequence[str]
    """The product teams; each gets a namespace of this name."""
    pods: int = 20
    """How many pods a team may have."""


class Platform(pulumi.ComponentResource):
    """Namespaces for product teams.

    Resources: for each team a Namespace and a ResourceQuota; a PrivateRegistry with an image pull secret for
    each team, a service account `runner` that has it, and an entry in the list of `default`. The registry's
    account is read from the cluster.
    """

    teams: Mapping[str, Mapping[str, pulumi.Input[str]]]
    """By team: its `namespace`, its `serviceAccount` and its `pullSecret`."""

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme:platform:Platform", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        account = Secret.get(
            f"{name}/account",
            args.account,
            opts=pulumi.ResourceOptions(
                parent=self,
                # `kubectl apply` leaves the whole Secret in an annotation; the state would have it in clear.
                additional_secret_outputs=["metadata"],
            ),
        )
        namespaces = [
            Namespace(f"{name}/{team}", metadata={"name": team}, opts=inside) for team in args.teams
        ]
        for team, namespace in zip(args.teams, namespaces, strict=True):
            ResourceQuota(
                f"{name}/{team}",
                metadata={"name": "team", "namespace": namespace.metadata["name"]},
                spec={"hard": {"pods": str(args.pods)}},
                opts=inside,
            )
        registry = PrivateRegistry(
            f"{name}/registry",
            PrivateRegistryArgs(
                registries={
                    "company": RegistryArgs(
                        secret_name="company-registry",  # noqa: S106 - the name of a Secret.
                        server=args.server,
                        username=decoded(account, "username"),
                        password=decoded(account, "password"),
                    )
                },
                namespaces={
                    team: NamespaceArgs(
                        registries=["company"],
                        service_accounts={
                            RUNNER: ServiceAccountArgs(mode="own"),
                            "default": ServiceAccountArgs(mode="merge"),
                        },
                    )
                    for team in args.teams
                },
            ),
            pulumi.ResourceOptions(parent=self, depends_on=namespaces),
        )
        self.teams = {
            team: {
                "namespace": team,
                "serviceAccount": registry.service_accounts[team][RUNNER],
                "pullSecret": registry.secret_names[team]["company"],
            }
            for team in args.teams
        }
        self.register_outputs({"teams": self.teams})


def decoded(secret: Secret, key: str) -> pulumi.Output[str]:
    """Read a key of a Secret; the value stays secret."""
    return secret.data.apply(lambda data: base64.b64decode(data[key]).decode())
