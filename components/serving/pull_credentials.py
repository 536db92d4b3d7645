"""Which credential a reader presented for an image, from the objects of the cluster."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..registry import coverage, docker_config
from ..registry.coverage import Coverage, PullSecret, Reader, ServiceAccount, Workload
from ..registry.keyring import KnativeKeychain
from .status import Object, get

KEY = ".dockerconfigjson"


@dataclass(frozen=True, kw_only=True)
class PullSecrets:
    """The pull secrets that a Revision names, and its service account's."""

    service_account: str
    of_revision: Sequence[str] = ()
    of_service_account: Sequence[str] | None = None
    """None if there is no such service account, or it may not be read."""
    secrets: Mapping[str, Object | None] = field(default_factory=dict, repr=False)
    """By name; None for one that does not exist. One that may not be read is not in it."""

    @property
    def names(self) -> Sequence[str]:
        """All of them, in the order in which Knative takes them."""
        return tuple(dict.fromkeys((*self.of_revision, *(self.of_service_account or ()))))

    @property
    def missing(self) -> Sequence[str]:
        """Those that do not exist."""
        return tuple(name for name in self.names if name in self.secrets and self.secrets[name] is None)

    @property
    def unread(self) -> Sequence[str]:
        """Those that could not be read."""
        return tuple(name for name in self.names if name not in self.secrets)

    def readable(self) -> Mapping[str, str]:
        """Give the docker configs, by the name of their Secret. They hold credentials."""
        return {name: text for name, secret in self.secrets.items() if (text := _content(secret)) is not None}


def presented(pull_secrets: PullSecrets, namespace: str, image: str, reader: Reader) -> Coverage:
    """Say which credential a reader presents for an image, or why none."""
    report = coverage.check(
        workloads=[
            Workload(
                name="",
                namespace=namespace,
                images=[image],
                service_account=pull_secrets.service_account,
                pull_secrets=pull_secrets.of_revision,
            )
        ],
        pull_secrets=[
            PullSecret(
                name=name,
                namespace=namespace,
                config=docker_config.parse(text),
                type=str(get(pull_secrets.secrets[name], "type")),
            )
            for name, text in pull_secrets.readable().items()
        ],
        service_accounts=[
            ServiceAccount(
                name=pull_secrets.service_account,
                namespace=namespace,
                pull_secrets=pull_secrets.of_service_account or (),
            )
        ],
    )
    return next(row for row in report.coverages if row.reader is reader)


def malformed(pull_secrets: PullSecrets) -> tuple[str, ...]:
    """Name the Secrets because of which Knative uses none at all."""
    return tuple(
        name
        for name, text in pull_secrets.readable().items()
        if KnativeKeychain([docker_config.parse(text)]).error
    )


def credentials_in(pull_secrets: PullSecrets) -> frozenset[str]:
    """Give every form of a credential that must not be shown, should a registry or a container repeat it."""
    found: set[str] = set()
    for text in pull_secrets.readable().values():
        config = docker_config.parse(text)
        for entry in (*config.kubelet.entries, *config.knative.entries):
            secret = [entry.password, entry.identity_token, entry.registry_token]
            found.update(value for value in secret if isinstance(value, str) and value)
            if isinstance(entry.password, str) and entry.password:
                found.add(_base64(entry.password))
                found.add(_base64(f"{entry.username}:{entry.password}"))
    return frozenset(found)


def shown_account(row: Coverage, hidden: frozenset[str]) -> str:
    """Name the account of a credential, unless its name is the credential itself."""
    names = ["(a token)" if name in hidden else f'"{name}"' for name in row.usernames]
    return " or ".join(dict.fromkeys(names))


def _content(secret: Object | None) -> str | None:
    data = get(secret, "data", KEY)
    if data is None:
        return None
    try:
        return base64.b64decode(data).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
