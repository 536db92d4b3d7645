"""The platform team's program."""

import pulumi
import pulumi_kubernetes as kubernetes
from platform_stack import Platform, PlatformArgs

config = pulumi.Config()
platform = Platform(
    "platform",
    PlatformArgs(
        server=config.require("server"),
        account=config.require("account"),
        teams=config.require_object("teams"),
    ),
    pulumi.ResourceOptions(
        # Else a new password would delete the pull secrets and make them again.
        provider=kubernetes.Provider("kubernetes", enable_secret_mutable=True)
    ),
)
pulumi.export("teams", platform.teams)
