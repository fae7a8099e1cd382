"""What an inspection may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """The limits of the processes that inspect, and of what waits for them."""

    workers: int = 1
    """Processes that inspect at the same time."""
    budget: float = 0.05
    """Seconds of CPU for an exchange, over all inspectors."""
    memory: int = 256 * 2**20
    """Bytes that a process may take besides what loading the inspectors took."""
    queue: int = 64 * 2**20
    """Bytes of contents that wait at most."""
    longest_body: int = 2**20
    """Bytes of a body without its content codings."""
    longest_text: int = 1024
    """Characters of each text of a finding."""
    lockdown: bool = True
    """Whether the processes give up all files and system calls that they do not need."""
    silence: float = 10.0
    """Seconds after which a process that neither answers nor goes on is replaced."""
    niceness: int = 10
    """By how much the processes come after others that want the processor."""
    disables: bool = True
    """Whether an inspector that raises an exception is asked no more, so that nobody can make it do so all the time."""
