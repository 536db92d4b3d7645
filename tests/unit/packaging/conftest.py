"""Installs the package once for all of its tests."""

import pytest

from tests.installed import Installed, install


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package as its users have it."""
    return install(tmp_path_factory.mktemp("packaging"))
