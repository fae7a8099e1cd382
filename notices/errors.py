"""The errors of receivers. Their texts contain no secret, because they are shown on the screen."""

from settings.setting import SettingError


class NoticeError(SettingError):
    """A receiver cannot be set up. The text is one line for the user, and names the fix."""


class Refused(Exception):  # noqa: N818 the name says what happened
    """The receiver rejects this notice, and would reject it again."""


class Unavailable(Exception):  # noqa: N818 the name says what happened
    """The receiver may accept this notice later."""

    def __init__(self, words: str, retry_after: float = 0.0) -> None:
        super().__init__(words)
        self.retry_after = retry_after
        """Pause in seconds that the receiver requested; 0 if it requested none."""


def os_words(error: OSError) -> str:
    """Return the system's error in a few words, without names of hosts and files."""
    import socket

    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, socket.gaierror):
        return "host not found"
    return error.strerror or type(error).__name__
