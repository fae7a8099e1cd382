"""For all tests."""

from collections.abc import Iterator

import pytest

import exercise


@pytest.fixture(scope="session", autouse=True)
def _keep_our_rights() -> Iterator[None]:
    """The command gives up root for good; where tests call it in their own process, that process goes on as it is.

    `tests/capture/test_privileges.py` runs it as a process.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercise, "give_up_rights", lambda *arguments: None)
        yield
