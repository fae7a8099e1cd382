"""The errors of outputs, which the environment causes."""


class UnavailableError(OSError):
    """A requested output is not available. The text is one line for the user, and names the fix."""


class LogError(Exception):
    """The log cannot be opened, or standard output cannot be written to. The text is one line for the user."""
