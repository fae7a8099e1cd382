"""What goes wrong with outputs, by the environment's fault."""


class UnavailableError(OSError):
    """An output that was asked for cannot be had. The text is one line for the user, and names the way out."""
