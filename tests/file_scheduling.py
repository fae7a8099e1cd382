"""pytest-xdist spreads the tests over its processes by the file, since the tests of a file share what is dear to make.

Tests of live traffic, of other programs and of terminals disturb each other. They form one unit, so they run one after
the other.
"""

from typing import Final

from xdist.scheduler import LoadScopeScheduling

ONE_BY_ONE: Final = (
    "tests/capture/test_capture_live.py",
    "tests/capture/test_capture_ring_live.py",
    "tests/capture/test_catalogue_live.py",
    "tests/capture/test_ebpf_keys.py",
    "tests/capture/test_privileges.py",
    "tests/cli/test_completion.py",
    "tests/dashboard/full/test_full_terminal.py",
    "tests/dashboard/test_screen.py",
    "tests/demo/",
    "tests/live/",
    "tests/packaging/test_service.py",
    "tests/run/test_run_full.py",
    "tests/run/test_run_health.py",
    "tests/run/test_sudo_commands.py",
)


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Hands whole files to the processes, and those in `ONE_BY_ONE` to a single process."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = nodeid.partition("::")[0]
        return "one by one" if file.startswith(ONE_BY_ONE) else file
