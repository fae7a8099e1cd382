"""The interface of a receiver of notices. One thread calls each receiver."""

from typing import Protocol

from notices.notice import Notice


class Receiver(Protocol):
    """A program or service that gets notices."""

    @property
    def name(self) -> str:
        """Name for messages to the user, such as `webhook hooks.example.com`, without secrets."""

    @property
    def repeat(self) -> float | None:
        """Interval in seconds at which an active alert is repeated; None means never."""

    def send(self, notice: Notice) -> None:
        """Send a notice; waiting for an answer takes no longer than the receiver's time-out.

        Raises:
            Refused: the receiver rejects this notice.
            Unavailable: the receiver may accept it later.
        """

    def cancel(self) -> None:
        """Stop sending, called from another thread when the program ends."""
