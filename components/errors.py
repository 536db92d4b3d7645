"""What the components refuse."""

import pulumi


class ArgumentError(pulumi.RunError):
    """Arguments that cannot work: what is wrong and what to do. Pulumi shows it without a traceback."""
