"""The one error that the lab raises on purpose."""


class LabError(Exception):
    """Something the user can act on; its text is all that is shown."""
