"""Completion of the filter's last word, offered behind the cursor."""

from collections.abc import Sequence

from textual.suggester import Suggester

from store.filtering.completion import completions
from store.filtering.fields import Field


class Completing(Suggester):
    """Offers the first thing that the last word can become; the right arrow takes it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.fields: Sequence[Field] = ()
        """What a filter can ask for."""

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text with its last word completed."""
        return next(iter(completions(value, self.fields)), None)
