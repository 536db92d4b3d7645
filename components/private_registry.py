"""PrivateRegistry: image pull secrets, service accounts and Knative Services, put together.

It has no rules of its own about what a Secret, a service account or a Knative Service looks like; those are
the other components'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from .cluster import Cluster
from .errors import ArgumentError
from .image_pull_secret import ImagePullSecret, ImagePullSecretArgs
from .knative_service import KnativeService, KnativeServiceArgs
from .metadata import name_in
from .service_account import Mode, ServiceAccountPullSecrets, ServiceAccountPullSecretsArgs


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """A registry server and the credentials for it: username and password, or a whole docker config."""

    secret_name: str
    """The name of its image pull secret in every namespace."""
    server: pulumi.Input[str] | None = None
    """The address of the registry; none means Docker Hub."""
    server_verbatim: bool = False
    """Keep the server exactly as written instead of in its canonical form."""
    username: pulumi.Input[str] | None = None
    password: pulumi.Input[str] | None = field(default=None, repr=False)
    email: pulumi.Input[str] = ""
    docker_config_json: pulumi.Input[str] | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class ServiceAccountArgs:
    """How a service account gets its pull secrets; see ServiceAccountPullSecretsArgs."""

    mode: Mode
    force: bool = False
    extra_pull_secrets: Sequence[str] = ()
    """Names of secrets of others to keep in the list, after ours."""


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """What a namespace gets."""

    create: bool = False
    """Whether the namespace is made and deleted with this component."""
    labels: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Labels of the namespace, when it is made."""
    registries: Sequence[str] = ()
    """Keys of the registries, in the order in which their pull secrets are tried."""
    service_accounts: Mapping[str, ServiceAccountArgs] = field(default_factory=dict)
    """The service accounts that get the pull secrets, by name."""


@dataclass(frozen=True, kw_only=True)
class PrivateRegistryArgs:
    """Registries, namespaces and Knative Services. Everything that shapes the resources is plain data."""

    registries: Mapping[str, RegistryArgs]
    namespaces: Mapping[str, NamespaceArgs]
    services: Mapping[str, KnativeServiceArgs] = field(default_factory=dict)
    """The Knative Services; the namespace of each is one of `namespaces`."""
    cluster: Cluster = field(default_factory=Cluster)
    """The provider's cluster, for what is read and changed without the provider."""


class PrivateRegistry(pulumi.ComponentResource):
    """Image pull secrets, service accounts that use them, and Knative Services.

    Resources: for each namespace a core/v1 Namespace if it is to be created, an ImagePullSecret for each of
    its registries and a ServiceAccountPullSecrets for each of its service accounts; a KnativeService for each
    of the services. A Knative Service waits for its service account, and that for its pull secrets.

    Raises ArgumentError for a namespace or a registry that is not among the arguments.
    """

    secret_names: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """The names of the image pull secrets, by namespace and registry."""
    service_accounts: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """The service accounts with pull secrets, by namespace."""
    urls: Mapping[str, pulumi.Output[str | None]]
    """Where the Knative Services answer."""

    def __init__(
        self, name: str, args: PrivateRegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("knative-private-registry:index:PrivateRegistry", name, None, opts)
        _check(name, args)
        self.secret_names = {}
        self.service_accounts = {}
        namespaces = {}
        for namespace, wanted in args.namespaces.items():
            where, children = self._namespace(name, namespace, wanted)
            namespaces[namespace] = where, children
            secrets = {
                key: _image_pull_secret(f"{name}/{namespace}/{key}", where, args.registries[key], children)
                for key in wanted.registries
            }
            self.secret_names[namespace] = secrets
            self.service_accounts[namespace] = {
                account: ServiceAccountPullSecrets(
                    f"{name}/{namespace}/{account}",
                    ServiceAccountPullSecretsArgs(
                        namespace=where,
                        service_account=account,
                        secret_names=[*secrets.values(), *how.extra_pull_secrets],
                        mode=how.mode,
                        force=how.force,
                        cluster=args.cluster,
                    ),
                    children,
                ).service_account
                for account, how in wanted.service_accounts.items()
            }
        self.urls = {}
        for key, service in args.services.items():
            where, children = namespaces[str(service.namespace)]
            wired = self._with_pull_secrets(args, replace(service, name=service.name or key))
            self.urls[key] = KnativeService(f"{name}/{key}", replace(wired, namespace=where), children).url
        self.register_outputs(
            {"secretNames": self.secret_names, "serviceAccounts": self.service_accounts, "urls": self.urls}
        )

    def _namespace(
        self, name: str, namespace: str, wanted: NamespaceArgs
    ) -> tuple[pulumi.Input[str], pulumi.ResourceOptions]:
        """Give the namespace's name and the options of what is in it."""
        if not wanted.create:
            return namespace, pulumi.ResourceOptions(parent=self)
        created = Namespace(
            f"{name}/{namespace}",
            metadata={"name": namespace, "labels": wanted.labels},
            opts=pulumi.ResourceOptions(parent=self),
        )
        # What is in it goes with it; a patch could not even be taken back without it.
        within = pulumi.ResourceOptions(parent=self, deleted_with=created)
        return name_in(created.metadata), within

    def _with_pull_secrets(
        self, args: PrivateRegistryArgs, service: KnativeServiceArgs
    ) -> KnativeServiceArgs:
        """Let a Knative Service wait for the service account and the pull secrets that it names."""
        namespace = str(service.namespace)
        account = service.service_account_name or "default"
        accounts = self.service_accounts[namespace]
        secrets = {
            args.registries[key].secret_name: name for key, name in self.secret_names[namespace].items()
        }
        return replace(
            service,
            service_account_name=accounts.get(account, service.service_account_name)
            if isinstance(account, str)
            else account,
            image_pull_secrets=[
                secrets.get(secret, secret) if isinstance(secret, str) else secret
                for secret in service.image_pull_secrets
            ],
        )


def _check(name: str, args: PrivateRegistryArgs) -> None:
    for namespace, wanted in args.namespaces.items():
        for key in wanted.registries:
            if key not in args.registries:
                raise ArgumentError(
                    f'{name}: namespace "{namespace}" names registry "{key}", which is not among the '
                    f"registries: {', '.join(args.registries) or 'none'}. Add it there"
                )
    for key, service in args.services.items():
        if service.namespace not in args.namespaces:
            raise ArgumentError(
                f'{name}: the namespace of Knative Service "{key}" is not among the namespaces: '
                f"{', '.join(args.namespaces) or 'none'}. Add it there, and name it as a plain string"
            )


def _image_pull_secret(
    name: str, namespace: pulumi.Input[str], registry: RegistryArgs, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    return ImagePullSecret(
        name,
        ImagePullSecretArgs(
            namespace=namespace,
            secret_name=registry.secret_name,
            server=registry.server,
            server_verbatim=registry.server_verbatim,
            username=registry.username,
            password=registry.password,
            email=registry.email,
            docker_config_json=registry.docker_config_json,
        ),
        opts,
    ).secret_name
