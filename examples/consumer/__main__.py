"""A product team's program: its Knative Services, on what the platform team's stack gives."""

import pulumi
from knative_private_registry import KnativeService, KnativeServiceArgs

config = pulumi.Config()
team = config.require("team")
# Names only: the credential stays in the platform team's stack.
mine = (
    pulumi.StackReference(config.require("platform")).require_output("teams").apply(lambda all_: all_[team])
)
image = config.require("image")

by_account = KnativeService(
    "by-account",
    KnativeServiceArgs(
        namespace=mine["namespace"],
        image=image,
        service_account_name=mine["serviceAccount"],
        env={"TARGET": "service account"},
    ),
)
by_secret = KnativeService(
    "by-secret",
    KnativeServiceArgs(
        namespace=mine["namespace"],
        image=image,
        image_pull_secrets=[mine["pullSecret"]],
        env={"TARGET": "pull secret"},
    ),
)
pulumi.export("urls", {"by-account": by_account.url, "by-secret": by_secret.url})
