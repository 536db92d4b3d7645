"""The one error type of the registry rules."""


class RegistryError(ValueError):
    """Input that can't be used at all: an image, a credential or a docker config. Never shows a secret."""
