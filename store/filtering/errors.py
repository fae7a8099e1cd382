"""What is wrong with a filter's text, and where."""


class FilterError(ValueError):
    """The text is not a valid filter. The message is one sentence that names the fix."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        """First character of the wrong part, counting from 0."""
        self.end = end
        """The character after the wrong part; equal to `start` if something is missing there."""
