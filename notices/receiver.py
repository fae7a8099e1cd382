"""What every receiver of notices can do. Each is called by one thread only."""

from typing import Protocol

from notices.notice import Notice


class Receiver(Protocol):
    """Somebody to tell."""

    @property
    def name(self) -> str:
        """For the user, as `webhook hooks.example.com`. Holds no secret."""

    @property
    def repeat(self) -> float | None:
        """Seconds after which an alert that goes on is to be said again; None: never."""

    def send(self, notice: Notice) -> None:
        """Tell; takes no longer than the receiver's time-out for each answer that is waited for.

        Raises:
            Refused: it does not take this notice.
            Unavailable: it may take it later.
        """

    def cancel(self) -> None:
        """Stop what is under way, from another thread: the program ends."""
