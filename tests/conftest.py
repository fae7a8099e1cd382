"""For all tests."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The settings file of who runs the tests is none of theirs, nor of the programs that they start."""
    pytest.MonkeyPatch().setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
