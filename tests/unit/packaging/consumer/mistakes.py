"""Mistakes that a type checker finds, each on the line that says `# mistake: <the checker's code>`."""

import knative_private_registry as package
import pulumi
from knative_private_registry import (
    ImagePullSecret,
    ImagePullSecretArgs,
    KnativeServiceArgs,
    NamespaceArgs,
    PrivateRegistry,
    PrivateRegistryArgs,
    Scale,
    ServiceAccountArgs,
    ServiceAccountPullSecrets,
    ServiceAccountPullSecretsArgs,
)

ImagePullSecretArgs(namespace="apps", secret_name="s", sever="ghcr.io")  # mistake: call-arg
ImagePullSecretArgs(namespace="apps")  # mistake: call-arg
ImagePullSecretArgs("apps", "s")  # mistake: call-arg
ImagePullSecretArgs(namespace="apps", secret_name="s", username=7)  # mistake: arg-type
ServiceAccountPullSecretsArgs(
    namespace="apps",
    service_account="default",
    secret_names=["s"],
    mode="append",  # mistake: arg-type
)
KnativeServiceArgs(namespace="apps", imgae="ghcr.io/acme/hello:1.0")  # mistake: call-arg
KnativeServiceArgs(namespace="apps", image="ghcr.io/acme/hello:1.0", protocol="grpc")  # mistake: arg-type
KnativeServiceArgs(namespace="apps", image=pulumi.Output.from_input(1.0))  # mistake: arg-type
Scale(min="1")  # mistake: arg-type
NamespaceArgs(service_accounts={"default": "patch"})  # mistake: dict-item
ServiceAccountArgs(mode="patch").mode = "own"  # mistake: misc
args = PrivateRegistryArgs(registries={}, namespaces={}, verify="never")  # mistake: arg-type
ServiceAccountPullSecrets("default", args)  # mistake: arg-type
PrivateRegistry("registry", package.PrivateRegistryArguments())  # mistake: attr-defined
ImagePullSecret("ghcr")  # mistake: call-arg
url = PrivateRegistry("registry", args).url  # mistake: attr-defined
