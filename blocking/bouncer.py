"""What refuses the clients that are blocked. Anything with these methods is a bouncer.

The state is declared, not changed step by step: `sync` gets everything that is to be refused, and makes the front
refuse exactly that. So a failed call is repaired by the next one, and so is what the front lost when it was restarted.
"""

from collections.abc import Mapping
from typing import Protocol


class BouncerError(OSError):
    """The front cannot be told. The text is one line that names the fix."""


class Bouncer(Protocol):
    """A front that refuses clients. One thread calls it. `open` comes first, and `close` last, also after errors."""

    @property
    def name(self) -> str:
        """The name for `--block`, such as `nft`."""

    def open(self) -> None:
        """Prepare the front, and remove what an earlier run left there.

        Raises:
            BouncerError: the front is not there, or does not obey. The program ends with this line.
        """

    def sync(self, blocked: Mapping[str, float]) -> None:
        """Make the front refuse exactly these, at once, until their time, in seconds since the epoch.

        The keys are addresses, as `203.0.113.7`, and networks, as `2001:db8::/64`; none overlap. It is called after
        each change, and every few seconds without one: then it must be cheap, and restore what the front has lost. A
        front that forgets entries at their time may; they are gone from the next call anyway.

        Raises:
            BouncerError: it did not work; the next call tries again.
        """

    def close(self) -> None:
        """Undo everything, so that the front refuses nobody because of us.

        Raises:
            BouncerError: it did not work.
        """
