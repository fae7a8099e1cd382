"""The error of the demo."""


class DemoError(OSError):
    """The demo cannot run here. The text is one line for the user, and names the fix."""
