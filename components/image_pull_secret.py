"""ImagePullSecret: one docker-registry Secret in one namespace.

It does not make anybody use the Secret: service accounts and Knative Services name it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from .children import children_of
from .errors import ArgumentError
from .metadata import name_in
from .registry import credentials, docker_config, server
from .registry.expiry import expires
from .registry.findings import Finding, Severity
from .registry.server import Server
from .secret_rotation import warn_unless_in_place


@dataclass(frozen=True, kw_only=True)
class ImagePullSecretArgs:
    """What an ImagePullSecret is made of: either username and password, or a whole docker config."""

    namespace: pulumi.Input[str]
    secret_name: pulumi.Input[str]
    """`metadata.name`. Keep it: revisions of Knative Services may name it for as long as they live."""
    server: pulumi.Input[str] | None = None
    """The address of the registry; none means Docker Hub."""
    server_verbatim: bool = False
    """Keep the server exactly as written instead of in its canonical form."""
    username: pulumi.Input[str] | None = None
    password: pulumi.Input[str] | None = field(default=None, repr=False)
    email: pulumi.Input[str] = ""
    docker_config_json: pulumi.Input[str] | None = field(default=None, repr=False)
    """A whole docker config, kept byte for byte."""


class ImagePullSecret(pulumi.ComponentResource):
    """One image pull secret.

    Resources: a core/v1 Secret of type `kubernetes.io/dockerconfigjson`. Its `.dockerconfigjson` has the
    bytes that `kubectl create secret docker-registry` writes for the same server, email, username and
    password.

    Raises ArgumentError for contradicting arguments, for a server that is not an address and for a docker
    config that is none; for values that are Outputs, as soon as they are known.
    """

    secret_name: pulumi.Output[str]
    """The Secret's name, known once it exists."""
    expires: pulumi.Output[str | None]
    """When its password expires, if that is known; no secret."""

    def __init__(
        self, name: str, args: ImagePullSecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("knative-private-registry:index:ImagePullSecret", name, None, opts)
        secret = Secret(
            name,
            metadata={"name": args.secret_name, "namespace": args.namespace},
            type="kubernetes.io/dockerconfigjson",
            string_data={".dockerconfigjson": self._content(name, args)},
            opts=children_of(self, opts),
        )
        warn_unless_in_place(self)
        self.secret_name = name_in(secret.metadata)
        self.expires = _expires(args)
        self.register_outputs({"secretName": self.secret_name, "expires": self.expires})

    def _content(self, name: str, args: ImagePullSecretArgs) -> pulumi.Output[str]:
        if args.docker_config_json is not None:
            if args.server or args.username or args.password or args.email:
                raise ArgumentError(
                    f"{name}: docker_config_json has servers and accounts of its own. "
                    "Leave out server, username, password and email"
                )
            return pulumi.Output.secret(args.docker_config_json).apply(
                lambda config: self._whole_docker_config(name, config)
            )
        if args.username is None or args.password is None:
            raise ArgumentError(
                f"{name}: needs username and password, or docker_config_json. Give one of them"
            )
        address = server.DOCKER_HUB if args.server is None else args.server
        # A plain address is refused before any resource is registered.
        parsed: pulumi.Output[Server]
        if isinstance(address, str):
            parsed = pulumi.Output.from_input(self._parsed(name, address, args))
        else:
            parsed = pulumi.Output.all(address).apply(lambda known: self._parsed(name, known[0], args))
        password = pulumi.Output.secret(args.password)
        values = pulumi.Output.all(parsed, args.username, password, args.email)
        return values.apply(lambda known: self._rendered(name, *known))

    def _parsed(self, name: str, address: str, args: ImagePullSecretArgs) -> Server:
        parsed = server.parse(address, verbatim=args.server_verbatim)
        # A verbatim address is the user's own affair: what it breaks is said, not refused.
        self._say(name, parsed.findings, refuse=not args.server_verbatim)
        return parsed

    def _rendered(self, name: str, server: Server, username: str, password: str, email: str) -> str:
        parsed = credentials.parse(
            server, username=username, password=password, email=email, now=datetime.now(UTC)
        )
        self._say(name, parsed.findings, refuse=True)
        return docker_config.render_entries(parsed.entries)

    def _whole_docker_config(self, name: str, config: str) -> str:
        self._say(name, docker_config.parse(config).findings, refuse=True)
        return config

    def _say(self, name: str, findings: Iterable[Finding], *, refuse: bool) -> None:
        findings = list(findings)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        if refuse and errors:
            raise ArgumentError("\n".join(f"{name}: {finding}" for finding in errors))
        for finding in findings:
            pulumi.log.warn(str(finding), self)


def _expires(args: ImagePullSecretArgs) -> pulumi.Output[str | None]:
    if args.password is None:
        return pulumi.Output.from_input(None)
    # A date and a kind of credential say nothing of the password itself.
    values = pulumi.Output.unsecret(pulumi.Output.all(args.server, args.username, args.password))
    return values.apply(
        lambda known: expires(server.parse(known[0] or server.DOCKER_HUB).host, known[1] or "", known[2])
    )
