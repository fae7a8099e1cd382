"""What is wrong with a filter's text, and where."""


class FilterError(ValueError):
    """The text is no filter. The message is one sentence that names the way out."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        """The part of the text that is wrong: its first character, counted from 0."""
        self.end = end
        """The character after its last one. Equal to `start` where something is missing there."""
