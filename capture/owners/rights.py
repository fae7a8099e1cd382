"""What looking up owners needs: capabilities(7) of Linux."""

from typing import Final

from capture.privileges import permitted

CAP_DAC_READ_SEARCH: Final = 2
CAP_NET_ADMIN: Final = 12
CAP_SYS_PTRACE: Final = 19
CAP_SYS_ADMIN: Final = 21


def needed(*, others: bool) -> tuple[int, ...]:
    """Return the capabilities to keep. Entering `others`, the networks of containers, and asking which addresses are
    translated for them, takes two more.
    """
    return (CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, *((CAP_SYS_ADMIN, CAP_NET_ADMIN) if others else ()))


def sees_all() -> bool:
    """Return whether this process may look at the processes of all users."""
    return bool(permitted() >> CAP_SYS_PTRACE & 1)
