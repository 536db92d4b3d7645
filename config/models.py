"""The shape of a stack's configuration, `config/Pulumi.<stack>.yaml`.

Keys are camelCase in the file and snake_case here. Nothing is read here; rules that look at more than
one value are in `validation`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from components.registry.coverage import SKIPPED_BY_DEFAULT
from components.serving import wait

from . import names


class Encrypted(SecretStr):
    """A value that only the stack's secrets provider can read.

    It stands for a `secure:` leaf when a stack file is read without its passphrase: present, not empty
    and opaque.
    """

    def __init__(self) -> None:
        super().__init__("encrypted")

    def get_secret_value(self) -> str:
        """Refuse: there is no value to give. Raises TypeError."""
        raise TypeError("this value is encrypted")


def in_clear(value: str | Encrypted) -> str:
    """Give a value that may be encrypted. Raises TypeError if it is."""
    return value if isinstance(value, str) else value.get_secret_value()


DnsLabel = Annotated[str, AfterValidator(names.dns_label)]
DnsSubdomain = Annotated[str, AfterValidator(names.dns_subdomain)]
KnativeServiceName = Annotated[str, AfterValidator(names.knative_service)]
Credential = Annotated[SecretStr, Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]


def _text_or_encrypted(value: object) -> object:
    if isinstance(value, Encrypted):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    return value


TextOrEncrypted = Annotated[str | Encrypted, PlainValidator(_text_or_encrypted)]


class Model(BaseModel):
    """What every part of the configuration shares."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


class Registry(Model):
    """A registry server and the credentials for it."""

    server: Text | None = None
    """The address, as it stands in `auths` of a docker config; none means Docker Hub."""
    server_verbatim: bool = False
    """Keep `server` exactly as written instead of in its canonical form."""
    username: TextOrEncrypted = ""
    password: Credential | None = None
    email: TextOrEncrypted = ""
    docker_config_json: Credential | None = None
    """A whole docker config, instead of server, username and password."""
    secret_name: DnsSubdomain | None = None
    """The name of the image pull secrets; by default `<key>-pull-secret`."""


class ServiceAccount(Model):
    """How a service account gets its image pull secrets."""

    mode: Literal["own", "patch", "merge"]
    """`own`: it is ours. `patch`: its whole list is ours. `merge`: only our entries are."""
    force: bool = False
    """With `patch`: take the list even from another owner, whose entries are lost."""
    extra_pull_secrets: Sequence[DnsSubdomain] = ()
    """Names of secrets of others to keep in the list; for `own` and `patch`."""


def _service_account(value: object) -> object:
    return {"mode": value} if isinstance(value, str) else value


class Namespace(Model):
    """What a namespace gets."""

    create: bool = False
    """Whether the namespace is ours to create and delete."""
    labels: Mapping[str, str] = {}
    """Labels of the namespace; only with `create`."""
    registries: Sequence[str] = ()
    """Keys of `registries`, in the order in which a pull secret is tried."""
    service_accounts: Mapping[DnsSubdomain, Annotated[ServiceAccount, BeforeValidator(_service_account)]] = {}
    """Service accounts that get the pull secrets: the mode, or a mapping with `mode`."""


class KeyOf(Model):
    """One key of a Secret or a ConfigMap."""

    name: DnsSubdomain
    key: Text


class Resources(Model):
    """CPU, memory and other resources, as Kubernetes quantities."""

    requests: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}


class Scale(Model):
    """How many pods, and by what measure."""

    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None
    """0 means no limit."""
    initial: Annotated[int, Field(ge=0)] | None = None
    target: Annotated[float, Field(ge=0.01)] | None = None
    metric: Literal["concurrency", "rps", "cpu", "memory"] | None = None


class Volume(Model):
    """The files of a Secret or a ConfigMap."""

    secret: DnsSubdomain | None = None
    config_map: DnsSubdomain | None = None
    items: Mapping[str, str] = {}
    """Which keys, and the path of each below the mount; by default all, under their own names."""
    optional: bool | None = None


class TrafficTarget(Model):
    """A share of the traffic."""

    percent: Annotated[int, Field(ge=0, le=100)] | None = None
    revision_name: DnsSubdomain | None = None
    """By default the latest revision."""
    tag: DnsLabel | None = None


class Container(Model):
    """What the main container and the further ones have in common."""

    image: Text
    command: Sequence[str] = ()
    args: Sequence[str] = ()
    env: Mapping[str, str] = {}
    env_from_secrets: Mapping[str, KeyOf] = {}
    env_from_config_maps: Mapping[str, KeyOf] = {}
    resources: Resources = Resources()
    readiness_probe: Mapping[str, Any] | None = None
    """As Kubernetes writes it; so are the other probes."""
    liveness_probe: Mapping[str, Any] | None = None
    startup_probe: Mapping[str, Any] | None = None
    volumes: Mapping[str, Volume] = {}
    """The volume for each path."""
    public: bool = False
    """Whether the image can be pulled without a credential."""


class ExtraContainer(Container):
    """A container beside the main one."""

    name: DnsLabel


def _timeout(text: str) -> str:
    if wait.Wait(timeout=text).seconds is None:
        raise ValueError(wait.NOT_A_TIMEOUT)
    return text


class Wait(Model):
    """For how long a Knative Service may take to be Ready. A failure that will not heal by itself ends it."""

    timeout: Annotated[str, AfterValidator(_timeout)] = "5m"
    """Such as `90s` or `5m`."""


def _wait(value: object) -> object:
    """Take true and false for what they say."""
    if value is None:
        raise PydanticCustomError("wait", "must be true, false or a mapping with `timeout`")
    return None if value is False else {} if value is True else value


class KnativeService(Container):
    """A Knative Service."""

    namespace: str
    name: KnativeServiceName | None = None
    """`metadata.name`; by default the key."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    protocol: Literal["http1", "h2c"] | None = None
    container_concurrency: Annotated[int, Field(ge=0)] | None = None
    """Requests at once in one pod; 0 means no limit."""
    timeout_seconds: Annotated[int, Field(ge=1)] | None = None
    """The cluster has an upper limit, by default 600."""
    response_start_timeout_seconds: Annotated[int, Field(ge=1)] | None = None
    idle_timeout_seconds: Annotated[int, Field(ge=1)] | None = None
    scale: Scale = Scale()
    service_account: DnsSubdomain | None = None
    """By default the namespace's `default`."""
    image_pull_secrets: Sequence[DnsSubdomain] = ()
    """Names of Secrets for the revisions themselves. The kubelet then ignores the service account's."""
    visibility: Literal["cluster-local"] | None = None
    traffic: Sequence[TrafficTarget] = ()
    rollout_duration: Text | None = None
    """How long traffic takes to move to a new revision, such as `120s`."""
    revision_name: DnsSubdomain | None = None
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    revision_labels: Mapping[str, str] = {}
    revision_annotations: Mapping[str, str] = {}
    containers: Sequence[ExtraContainer] = ()
    wait: Annotated[Wait | None, BeforeValidator(_wait)] = Wait()
    """For how long it may take to be Ready; `false` means that nothing waits for it."""
    template_overrides: Mapping[str, Any] = {}
    """Merged into `spec.template` last, as Kubernetes writes it; null removes."""


class Cluster(Model):
    """Which cluster to deploy to. By default the current context, as kubectl finds it."""

    kubeconfig: Text | None = None
    """The path of a kubeconfig file."""
    context: Text | None = None


class Knative(Model):
    """How Knative is set up in the cluster, as far as it decides who can pull what."""

    registries_skipping_tag_resolving: Sequence[str] = SKIPPED_BY_DEFAULT
    """As in its ConfigMap config-deployment."""
    queue_proxy_image: str = ""
    """Knative's own sidecar, if it comes from a private registry."""
    enabled_features: Sequence[str] = ()
    """Flags of its ConfigMap config-features that are on, for `templateOverrides` that need them."""


class StackConfig(Model):
    """The configuration of one stack."""

    registries: Mapping[DnsLabel, Registry] = {}
    namespaces: Mapping[DnsLabel, Namespace] = {}
    services: Mapping[DnsLabel, KnativeService] = {}
    """The Knative Services, under keys of the user's choice."""
    cluster: Cluster = Cluster()
    knative: Knative = Knative()
    verify: Literal["error", "warn", "off"] = "error"
    """What to do about an image that a reader of the pull secrets cannot pull."""
