"""What a Knative Service is made of, in the terms of its users.

`Text` is `str` for plain data and `pulumi.Input[str]` for a program: such a value is passed on as it is.
Everything that decides the shape of the manifest is plain. A field that is not set is left to Knative's
own defaults; an explicit 0 or False is kept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from .wait import Wait

Text = TypeVar("Text", covariant=True)


@dataclass(frozen=True, kw_only=True)
class KeyOf(Generic[Text]):
    """One key of a Secret or a ConfigMap."""

    name: Text
    key: str


@dataclass(frozen=True, kw_only=True)
class Resources:
    """CPU, memory and other resources, as Kubernetes quantities: `{"cpu": "250m"}`."""

    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How many pods, and by what measure (Knative's autoscaling annotations)."""

    min: int | None = None
    max: int | None = None
    """0 means no limit."""
    initial: int | None = None
    """0 needs `allow-zero-initial-scale` in Knative's config-autoscaler."""
    target: float | None = None
    """Per pod: requests at once, requests a second, percent of the CPU, or MiB of memory, by `metric`."""
    metric: Literal["concurrency", "rps", "cpu", "memory"] | None = None
    """`cpu` and `memory` need Knative's HPA extension."""


@dataclass(frozen=True, kw_only=True)
class Volume(Generic[Text]):
    """The files of a Secret or a ConfigMap: exactly one of the two."""

    secret: Text | None = None
    config_map: Text | None = None
    items: Mapping[str, str] = field(default_factory=dict)
    """Which keys, and the path of each below the mount; empty means all, under their own names."""
    optional: bool | None = None
    """Whether the pod may start without it."""


@dataclass(frozen=True, kw_only=True)
class TrafficTarget:
    """A share of the traffic."""

    percent: int | None = None
    revision_name: str | None = None
    """None means the latest revision."""
    tag: str | None = None
    """Gives the target a URL of its own."""


@dataclass(frozen=True, kw_only=True)
class Container(Generic[Text]):
    """What the main container and the further ones have in common."""

    image: Text
    command: Sequence[Text] = ()
    args: Sequence[Text] = ()
    env: Mapping[str, Text] = field(default_factory=dict)
    env_from_secrets: Mapping[str, KeyOf[Text]] = field(default_factory=dict)
    env_from_config_maps: Mapping[str, KeyOf[Text]] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    readiness_probe: Mapping[str, Any] | None = None
    """As Kubernetes writes it (`{"httpGet": {"path": "/ready"}}`); so are the other probes."""
    liveness_probe: Mapping[str, Any] | None = None
    startup_probe: Mapping[str, Any] | None = None
    volumes: Mapping[str, Volume[Text]] = field(default_factory=dict)
    """The volume for each path."""
    public: bool = False
    """Whether the image can be pulled without a credential."""


@dataclass(frozen=True, kw_only=True)
class ExtraContainer(Container[Text]):
    """A container beside the main one."""

    name: str


@dataclass(frozen=True, kw_only=True)
class KnativeServiceSpec(Container[Text]):
    """A Knative Service with its main container."""

    name: str | None = None
    """`metadata.name`, and with it the first part of the host name; None means the resource's name."""
    namespace: Text
    port: int | None = None
    protocol: Literal["http1", "h2c"] | None = None
    """`h2c` for gRPC and HTTP/2 without TLS."""
    container_concurrency: int | None = None
    """Requests at once in one pod, 0 to 1000; 0 means no limit."""
    timeout_seconds: int | None = None
    response_start_timeout_seconds: int | None = None
    idle_timeout_seconds: int | None = None
    scale: Scale = field(default_factory=Scale)
    service_account_name: Text | None = None
    """None means the namespace's `default`."""
    image_pull_secrets: Sequence[Text] = ()
    """Names of Secrets for the revisions themselves.

    The kubelet then ignores the pull secrets of the service account: list all that the pod needs.
    """
    visibility: Literal["cluster-local"] | None = None
    """None means reachable from outside of the cluster."""
    traffic: Sequence[TrafficTarget] = ()
    rollout_duration: str | None = None
    """How long traffic takes to move to a new revision: whole seconds, such as `120s`."""
    revision_name: str | None = None
    """A fixed name for the revision; it must start with `<name>-` and change with every change of it."""
    labels: Mapping[str, Text] = field(default_factory=dict)
    annotations: Mapping[str, Text] = field(default_factory=dict)
    revision_labels: Mapping[str, Text] = field(default_factory=dict)
    revision_annotations: Mapping[str, Text] = field(default_factory=dict)
    containers: Sequence[ExtraContainer[Text]] = ()
    wait: Wait | Literal[False] = field(default_factory=Wait)
    """For how long it may take to be Ready; False means that nothing waits for it."""
    template_overrides: Mapping[str, Any] = field(default_factory=dict)
    """Merged into `spec.template` last, as Kubernetes writes it.

    Mappings are merged. So are containers, volumes and variables by their name (the main container has
    none) and mounts by their path. Anything else takes the place of what was there; None removes it.
    """
    enabled_features: Collection[str] = ()
    """Flags of Knative's config-features that are on in the cluster, for fields that need them."""
