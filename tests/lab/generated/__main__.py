"""A hundred generated Knative Services in one stack, or, with `flat`, a manifest as people write it."""

from dataclasses import fields

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import KnativeService, KnativeServiceArgs
from lab.registries import PAUSE_IMAGE
from tests.lab.generated_services import generated_services

config = pulumi.Config()
namespace = config.require("namespace")
if config.get_bool("flat"):
    container = {"image": PAUSE_IMAGE, "resources": {"limits": {"cpu": "1000m"}}}
    CustomResource(
        "flat",
        api_version="serving.knative.dev/v1",
        kind="Service",
        metadata={"name": "flat", "namespace": namespace},
        spec={"template": {"spec": {"containers": [container]}}},
    )
else:
    for name, spec in generated_services(namespace).items():
        parts = {part.name: getattr(spec, part.name) for part in fields(spec)}
        KnativeService(name, KnativeServiceArgs(**parts))
