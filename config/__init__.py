"""The configuration of a stack: its shape, its rules and how it is read."""

from .loader import ConfigError, load
from .models import StackConfig

__all__ = ["ConfigError", "StackConfig", "load"]
