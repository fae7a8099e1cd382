"""What can go wrong with a receiver. No text here holds a secret: they are shown on screen."""

from settings.setting import SettingError


class NoticeError(SettingError):
    """A receiver cannot be set up as the settings say. The text is one line for the user, with the way out."""


class Refused(Exception):  # noqa: N818 the name says what is the matter
    """The receiver does not take this notice, and will not if it is asked again."""


class Unavailable(Exception):  # noqa: N818 the name says what is the matter
    """The receiver may take this notice later."""

    def __init__(self, words: str, retry_after: float = 0.0) -> None:
        super().__init__(words)
        self.retry_after = retry_after
        """Seconds that the receiver asked to be left alone for; 0 when it did not."""


def os_words(error: OSError) -> str:
    """What the system said, in few words; names of hosts and files stay out of it."""
    import socket

    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return error.strerror or type(error).__name__
