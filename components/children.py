"""The options of what a component is made of."""

import pulumi


def children_of(component: pulumi.Resource, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Give the options of a component's children: its parent, and what the component itself depends on.

    Provider and protection come with the parent. A dependency does not: the engine records it for the
    component alone, and on destroy would delete it while the children are still there.
    """
    return pulumi.ResourceOptions(parent=component, depends_on=opts.depends_on if opts else None)
