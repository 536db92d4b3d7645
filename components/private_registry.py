"""PrivateRegistry: image pull secrets, service accounts and Knative Services, put together.

It has no rules of its own about what a Secret, a service account or a Knative Service looks like; those are
the other components'. Before anything is declared it checks who will be able to pull what.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal, TypeAlias

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from .children import children_of
from .cluster import Cluster
from .errors import ArgumentError
from .image_pull_secret import ImagePullSecret, ImagePullSecretArgs
from .knative_service import KnativeService, KnativeServiceArgs
from .metadata import name_in
from .registry.coverage import Report
from .registry.findings import Finding
from .registry.opaque import OPAQUE
from .service_account import ServiceAccountPullSecrets, ServiceAccountPullSecretsArgs
from .serving import pull_secrets
from .serving.pull_secrets import Known, NamespaceSpec, RegistrySpec, ResolverSpec, ServiceAccountSpec
from .serving.spec import ExtraContainer, KnativeServiceSpec

RegistryArgs: TypeAlias = RegistrySpec[pulumi.Input[str]]
NamespaceArgs: TypeAlias = NamespaceSpec
ServiceAccountArgs: TypeAlias = ServiceAccountSpec
ResolverArgs: TypeAlias = ResolverSpec

CoverageRow = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class PrivateRegistryArgs:
    """Registries, namespaces and Knative Services. Everything that shapes the resources is plain data."""

    registries: Mapping[str, RegistryArgs]
    namespaces: Mapping[str, NamespaceArgs]
    services: Mapping[str, KnativeServiceSpec[pulumi.Input[str]]] = field(default_factory=dict)
    """The Knative Services; the namespace of each is one of `namespaces`."""
    verify: Literal["error", "warn", "off"] = "error"
    """What to do about an image that a reader of the pull secrets will not be able to read."""
    resolver: ResolverArgs = field(default_factory=ResolverSpec)
    cluster: Cluster = field(default_factory=Cluster)
    """The provider's cluster, for what is read and changed without the provider."""
    password_commands: Mapping[str, str] = field(default_factory=dict)
    """For a registry, the command that changes its password; for messages."""


class PrivateRegistry(pulumi.ComponentResource):
    """Image pull secrets, service accounts that use them, and Knative Services.

    Resources: for each namespace a core/v1 Namespace if it is to be created, an ImagePullSecret for each of
    its registries and a ServiceAccountPullSecrets for each of its service accounts; a KnativeService for each
    of the services. A Knative Service waits for its service account, and that for its pull secrets.

    Raises ArgumentError for a namespace or a registry that is not among the arguments and, with `verify`
    `error`, for images that a reader will not be able to read. Everything in the cluster waits for that
    check; what a value decides that is not known in preview is checked when it is.
    """

    secret_names: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """The names of the image pull secrets, by namespace and registry."""
    service_accounts: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """The service accounts with pull secrets, by namespace."""
    urls: Mapping[str, pulumi.Output[str | None]]
    """Where the Knative Services answer."""
    expires: dict[str, pulumi.Output[str | None]]
    """For each registry in use, when its password expires, if that is known."""
    coverage: pulumi.Output[Sequence[CoverageRow]]
    """For each image and reader, which pull secret it will use; empty with `verify` `off`."""

    def __init__(
        self, name: str, args: PrivateRegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("knative-private-registry:index:PrivateRegistry", name, None, opts)
        _refuse_undeclared(name, args)
        knative_services: dict[str, KnativeService] = {}
        check = _Check(self, knative_services, name, args)
        inside = children_of(self, opts)
        self.secret_names = {}
        self.service_accounts = {}
        self.expires = {}
        namespaces = {}
        for namespace, wanted in args.namespaces.items():
            where, children = self._namespace(name, check.before(namespace), namespace, wanted, inside)
            namespaces[namespace] = where, children
            declared = {
                key: _image_pull_secret(f"{name}/{namespace}/{key}", where, args.registries[key], children)
                for key in wanted.registries
            }
            secrets = {key: secret.secret_name for key, secret in declared.items()}
            self.expires |= {key: secret.expires for key, secret in declared.items()}
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
        for key, service in args.services.items():
            where, children = namespaces[str(service.namespace)]
            wired = replace(self._with_pull_secrets(args, service), name=service.name or key, namespace=where)
            knative_services[key] = KnativeService(f"{name}/{key}", _with_cluster(args, wired), children)
        self.urls = {key: service.url for key, service in knative_services.items()}
        self.coverage = check.coverage()
        self.register_outputs(
            {
                "secretNames": self.secret_names,
                "serviceAccounts": self.service_accounts,
                "urls": self.urls,
                "expires": self.expires,
                "coverage": self.coverage,
            }
        )

    def _namespace(
        self,
        name: str,
        checked: pulumi.Input[str],
        namespace: str,
        wanted: NamespaceArgs,
        inside: pulumi.ResourceOptions,
    ) -> tuple[pulumi.Input[str], pulumi.ResourceOptions]:
        """Give the namespace's name and the options of what is in it."""
        if not wanted.create:
            return checked, inside
        created = Namespace(
            f"{name}/{namespace}",
            metadata={"name": checked, "labels": wanted.labels},
            opts=inside,
        )
        # What is in it goes with it; a patch could not even be taken back without it.
        return name_in(created.metadata), pulumi.ResourceOptions.merge(
            inside, pulumi.ResourceOptions(deleted_with=created)
        )

    def _with_pull_secrets(
        self, args: PrivateRegistryArgs, service: KnativeServiceSpec[pulumi.Input[str]]
    ) -> KnativeServiceSpec[pulumi.Input[str]]:
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


def _with_cluster(
    args: PrivateRegistryArgs, service: KnativeServiceSpec[pulumi.Input[str]]
) -> KnativeServiceArgs:
    """Say where to see whether a Knative Service is Ready, and how a password is changed."""
    spec = {member.name: getattr(service, member.name) for member in fields(KnativeServiceSpec)}
    commands = {
        args.registries[key].secret_name: text
        for key, text in args.password_commands.items()
        if key in args.registries
    }
    return KnativeServiceArgs(**spec, cluster=args.cluster, password_commands=commands)


class _Check:
    """The coverage check: at once when all is plain data, else as soon as the Outputs have come in."""

    def __init__(
        self,
        component: pulumi.Resource,
        knative_services: Mapping[str, pulumi.Resource],
        name: str,
        args: PrivateRegistryArgs,
    ) -> None:
        self._component = component
        self._knative_services = knative_services
        self._name = name
        self._args = args
        self._report: Report | None = None
        self._later: asyncio.Future[Report] | None = None
        if args.verify == "off":
            return
        values: list[pulumi.Input[str]] = []

        def note(value: pulumi.Input[str]) -> Known:
            values.append(value)
            return OPAQUE

        _specs(args, note)
        if all(isinstance(value, str) for value in values):
            self._report = self._checked({id(value): value for value in values if isinstance(value, str)})
        else:
            self._later = asyncio.ensure_future(self._check_later(values))

    def before(self, value: str) -> pulumi.Input[str]:
        """Give a value to those who have to wait for the check."""
        if self._later is None:
            return value
        later = self._later

        async def wait() -> str:
            await later
            return value

        return pulumi.Output.from_input(wait())

    def coverage(self) -> pulumi.Output[Sequence[CoverageRow]]:
        """Say what was found; call it when the components are there to say it on."""
        if self._later is not None:
            return pulumi.Output.all(self._later).apply(lambda reports: self._say(reports[0]))
        return pulumi.Output.from_input([] if self._report is None else self._say(self._report))

    async def _check_later(self, values: Sequence[pulumi.Input[str]]) -> Report:
        known = await asyncio.gather(*(_known(value) for value in values))
        return self._checked({id(value): here for value, here in zip(values, known, strict=True)})

    def _checked(self, known: Mapping[int, Known]) -> Report:
        registries, services = _specs(self._args, lambda value: known[id(value)])
        report = pull_secrets.check(
            registries=registries,
            namespaces=self._args.namespaces,
            services=services,
            resolver=self._args.resolver,
        )
        if report.errors and self._args.verify == "error":
            lines = "\n".join(f"  {finding}" for finding in dict.fromkeys(report.errors))
            raise ArgumentError(
                f"{self._name}: not everything could be pulled. Mend this, or set verify to warn:\n{lines}"
            )
        return report

    def _say(self, report: Report) -> Sequence[CoverageRow]:
        for note in dict.fromkeys(report.skipped):
            pulumi.log.info(note, self._component)
        said: dict[Finding, pulumi.Resource] = dict.fromkeys(report.general, self._component)
        for row in report.coverages:
            said.update(dict.fromkeys(row.findings, self._knative_services[row.workload.name]))
        for finding, resource in said.items():
            pulumi.log.warn(str(finding), resource)
        return [
            {
                "namespace": row.workload.namespace,
                "knativeService": row.workload.name,
                "image": row.image,
                "reader": row.reader.value,
                "result": row.result,
                "secrets": ", ".join(row.secrets),
            }
            for row in report.coverages
        ]


def _specs(
    args: PrivateRegistryArgs, known: Callable[[pulumi.Input[str]], Known]
) -> tuple[dict[str, RegistrySpec[Known]], dict[str, KnativeServiceSpec[Known]]]:
    """Give what the check looks at, with each value as `known` gives it. Passwords are not among it."""

    def value(given: pulumi.Input[str] | None) -> Known | None:
        return None if given is None else known(given)

    registries = {
        key: RegistrySpec[Known](
            secret_name=registry.secret_name,
            server=value(registry.server),
            server_verbatim=registry.server_verbatim,
            username=value(registry.username),
            password=OPAQUE,
            docker_config_json=value(registry.docker_config_json),
        )
        for key, registry in args.registries.items()
    }
    services = {
        key: KnativeServiceSpec[Known](
            namespace=str(service.namespace),
            image=value(service.image) or OPAQUE,
            public=service.public,
            service_account_name=value(service.service_account_name),
            image_pull_secrets=[value(secret) or OPAQUE for secret in service.image_pull_secrets],
            containers=[
                ExtraContainer[Known](
                    name=container.name, image=value(container.image) or OPAQUE, public=container.public
                )
                for container in service.containers
            ],
        )
        for key, service in args.services.items()
    }
    return registries, services


async def _known(value: pulumi.Input[str]) -> Known:
    if isinstance(value, str):
        return value
    output = pulumi.Output.all(value)
    known = await output.future() if await output.is_known() else None
    return OPAQUE if known is None else str(known[0])


def _refuse_undeclared(name: str, args: PrivateRegistryArgs) -> None:
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
) -> ImagePullSecret:
    return ImagePullSecret(
        name,
        ImagePullSecretArgs(
            namespace=namespace,
            secret_name=registry.secret_name,
            server=registry.server,
            server_verbatim=registry.server_verbatim,
            username=registry.username,
            password=registry.password,
            email=registry.email or "",
            docker_config_json=registry.docker_config_json,
        ),
        opts,
    )
