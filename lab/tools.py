"""The programs that the lab builds: a small Go module each under `lab/tools`, all versions pinned there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"
PULUMI_VERSION = "3.274.1"
KUBERNETES_VERSION = "1.36.3"
KNATIVE_VERSION = "1.15.2"
KUBERNETES_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
KUBERNETES_PROVIDER_VERSION = "4.25.0"

KUBERNETES_COMMANDS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)
PYTHON_HOST_COMMANDS = (
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)


@dataclass(frozen=True, kw_only=True)
class ModuleFile:
    """A file that a Go module carries and `go build` does not install."""

    module: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One folder under `lab/tools` and the executables that come of it."""

    name: str
    version: str
    minutes: float
    """Cold build on two cores with all before it in the list built; only for telling what is left."""
    packages: tuple[str, ...] = (".",)
    tags: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    """String variables that the linker sets (`-X`)."""
    embedded: tuple[ModuleFile, ...] = ()
    """Files that the main package embeds and its module lacks."""
    scripts: tuple[ModuleFile, ...] = ()
    """Executable scripts to install beside the binaries."""
    names: tuple[str, ...] = ()
    """Names that the one binary is called by."""


def _kubernetes_version() -> dict[str, str]:
    major, minor, _ = KUBERNETES_VERSION.split(".")
    values = {
        "gitVersion": f"v{KUBERNETES_VERSION}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return {f"{package}.{name}": value for package in packages for name, value in values.items()}


TOOLS = (
    Tool(
        name="kubernetes",
        version=KUBERNETES_VERSION,
        minutes=6,
        # Without a version Knative's own check of the server's version refuses it.
        variables=_kubernetes_version(),
        names=KUBERNETES_COMMANDS,
    ),
    Tool(name="coredns", version="1.14.1", minutes=0.5),
    Tool(
        name="knative",
        version=KNATIVE_VERSION,
        minutes=4,
        packages=tuple(
            f"knative.dev/serving/cmd/{command}"
            for command in ("activator", "autoscaler", "controller", "queue", "webhook")
        ),
    ),
    Tool(name="images", version="1", minutes=0.2, packages=("./hello", "./pause")),
    Tool(
        name="pulumi",
        version=PULUMI_VERSION,
        minutes=6,
        packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
        tags="osusergo,grpcnotrace",
        variables={f"{PULUMI_SDK}/go/common/version.Version": f"v{PULUMI_VERSION}"},
    ),
    Tool(
        name="pulumi-language-python",
        version=PULUMI_VERSION,
        minutes=0.3,
        scripts=(
            ModuleFile(module=PULUMI_SDK, path="python/cmd/pulumi-language-python-exec"),
            ModuleFile(module=PULUMI_SDK, path="python/dist/pulumi-resource-pulumi-python"),
        ),
    ),
    Tool(
        name="pulumi-resource-kubernetes",
        version=KUBERNETES_PROVIDER_VERSION,
        minutes=12,
        variables={f"{KUBERNETES_PROVIDER}/pkg/version.Version": f"v{KUBERNETES_PROVIDER_VERSION}"},
        embedded=(
            ModuleFile(module=KUBERNETES_PROVIDER, path="cmd/pulumi-resource-kubernetes/schema.json"),
            ModuleFile(
                module=KUBERNETES_PROVIDER, path="cmd/pulumi-resource-kubernetes/terraform-mapping.json"
            ),
        ),
    ),
    Tool(
        name="pulumi-language-yaml",
        version="1.25.0",
        minutes=1,
        packages=("github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",),
    ),
)
