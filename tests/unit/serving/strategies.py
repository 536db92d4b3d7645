"""Generated Knative Services, such as people might write."""

from typing import Any

from hypothesis import strategies as st

from components.serving.spec import (
    ExtraContainer,
    KeyOf,
    KnativeServiceSpec,
    Resources,
    Scale,
    TrafficTarget,
    Volume,
)

NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
VARIABLES = st.from_regex(r"[A-Z][A-Z_]{0,6}", fullmatch=True).filter(lambda name: name != "PORT")
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
KEYS = st.builds(KeyOf[str], name=NAMES, key=NAMES)

CPU = st.sampled_from(["1", "0.1", "100m", "1000m", "0.25", "1500m", "2.0", "50m", ".5", "1e0"])
MEMORY = st.sampled_from(
    ["64Mi", "65536Ki", "1024Mi", "0.5Gi", "128M", "128000k", "134217728", "1e8", "1.5Gi", "100000000"]
)
AMOUNTS = st.fixed_dictionaries({}, optional={"cpu": CPU, "memory": MEMORY})


@st.composite
def resources(draw: st.DrawFn) -> Resources:
    # A request above its limit is refused by Kubernetes, later.
    return draw(st.sampled_from([Resources(requests=draw(AMOUNTS)), Resources(limits=draw(AMOUNTS))]))


def _seconds(least: int = 1) -> st.SearchStrategy[int]:
    return st.integers(least, 30)


HANDLERS = st.sampled_from(
    [
        {"httpGet": {"path": "/"}},
        {"httpGet": {"path": "/x", "port": 8080, "scheme": "HTTP", "host": ""}},
        {"httpGet": {"path": "/", "httpHeaders": [{"name": "A", "value": "b"}, {"name": "C", "value": ""}]}},
        {"tcpSocket": {}},
        {"tcpSocket": {"port": 8080}},
        {"exec": {"command": ["true", ""]}},
        {"grpc": {"port": 8080}},
        {"grpc": {"port": 8080, "service": "health"}},
    ]
)
TIMES = st.fixed_dictionaries(
    {"periodSeconds": _seconds()},
    optional={
        "initialDelaySeconds": _seconds(0),
        "timeoutSeconds": _seconds(),
        "successThreshold": st.just(1),
        "failureThreshold": _seconds(),
    },
)
PROBES = st.none() | st.builds(lambda handler, times: {**handler, **times}, HANDLERS, TIMES | st.just({}))

VOLUMES = st.dictionaries(
    st.from_regex(r"/[a-z]{1,4}(/[a-z.]{0,3}[a-z])?", fullmatch=True).filter(lambda path: path != "/dev"),
    st.one_of(
        st.builds(
            Volume[str],
            secret=NAMES,
            items=st.dictionaries(NAMES, NAMES, max_size=2),
            optional=st.none() | st.booleans(),
        ),
        st.builds(Volume[str], config_map=NAMES, optional=st.none() | st.booleans()),
    ),
    max_size=2,
)
MAIN: dict[str, st.SearchStrategy[Any]] = {
    "image": st.sampled_from(["ghcr.io/acme/hello:1.0", "acme/hello", f"quay.io/a/bc@sha256:{'a' * 64}"]),
    "command": st.lists(TEXTS, max_size=2),
    "args": st.lists(TEXTS, max_size=2),
    "env": st.dictionaries(VARIABLES.map(lambda name: f"E{name}"), TEXTS, max_size=3),
    "env_from_secrets": st.dictionaries(VARIABLES.map(lambda name: f"S{name}"), KEYS, max_size=1),
    "env_from_config_maps": st.dictionaries(VARIABLES.map(lambda name: f"C{name}"), KEYS, max_size=1),
    "resources": resources(),
    "volumes": VOLUMES,
}
LABELS = st.dictionaries(NAMES, NAMES | st.just(""), max_size=2)
OVERRIDES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"spec": {"enableServiceLinks": False}},
        {
            "spec": {
                "containers": [{"volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}],
                "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1024Mi", "medium": ""}}],
            }
        },
        {"spec": {"automountServiceAccountToken": False}},
        {"metadata": {"annotations": {"autoscaling.knative.dev/target-burst-capacity": -1}}},
        {"metadata": {"annotations": {"autoscaling.knative.dev/window": "60s", "note": True}}},
        {"spec": {"containers": [{"workingDir": "/x", "imagePullPolicy": "Always"}]}},
        {
            "spec": {
                "containers": [{"securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}}]
            }
        },
        {
            "spec": {
                "containers": [
                    {"envFrom": [{"secretRef": {"name": "x"}}, {"prefix": "", "configMapRef": {"name": "y"}}]}
                ]
            }
        },
        {"spec": {"containers": [{"terminationMessagePolicy": "FallbackToLogsOnError"}]}},
    ]
)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    least = draw(st.none() | st.integers(0, 3))
    return Scale(
        min=least,
        max=draw(st.none() | st.integers((least or 0) + 1, 9) | st.just(0)),
        initial=draw(st.none() | st.integers(1, 3)),
        target=draw(st.none() | st.sampled_from([0.5, 1, 10.0, 200, 0.01])),
        metric=draw(st.sampled_from([None, "concurrency", "rps"])),
    )


TRAFFIC = st.sampled_from(
    [
        [],
        [TrafficTarget(percent=100)],
        [TrafficTarget(percent=100, tag="current")],
        [TrafficTarget(percent=80), TrafficTarget(percent=20, revision_name="hello-00001", tag="old")],
        [TrafficTarget(percent=100), TrafficTarget(percent=0, tag="next"), TrafficTarget(tag="none")],
    ]
)


@st.composite
def knative_services(draw: st.DrawFn, namespace: str = "apps") -> KnativeServiceSpec[str]:
    """Give one that Knative accepts."""
    extra = draw(
        st.lists(
            st.builds(ExtraContainer[str], name=NAMES.map(lambda name: f"x-{name}"), **MAIN),
            max_size=2,
            unique_by=lambda container: container.name,
        )
    )
    return KnativeServiceSpec(
        namespace=namespace,
        **{name: draw(strategy) for name, strategy in MAIN.items()},
        port=draw(st.none() | st.sampled_from([80, 8080, 65535])),
        protocol=draw(st.sampled_from([None, "http1", "h2c"])),
        readiness_probe=draw(PROBES),
        liveness_probe=draw(PROBES),
        container_concurrency=draw(st.none() | st.integers(0, 1000)),
        timeout_seconds=draw(st.none() | st.integers(1, 600)),
        response_start_timeout_seconds=draw(st.none() | st.integers(1, 600)),
        idle_timeout_seconds=draw(st.none() | st.integers(1, 600)),
        scale=draw(scales()),
        service_account_name=draw(st.none() | NAMES),
        image_pull_secrets=draw(st.lists(NAMES, max_size=2, unique=True)),
        visibility=draw(st.sampled_from([None, "cluster-local"])),
        traffic=draw(TRAFFIC),
        rollout_duration=draw(st.sampled_from([None, "60s", "1m30s", "0s"])),
        revision_name=draw(st.none() | NAMES.map(lambda name: f"hello-{name}")),
        labels=draw(LABELS),
        annotations=draw(LABELS),
        revision_labels=draw(LABELS),
        revision_annotations=draw(LABELS),
        containers=extra,
        template_overrides=draw(OVERRIDES),
    )
