"""Words of a filter are completed with the right arrow."""

import asyncio

from textual.app import App, ComposeResult
from textual.widgets import Input

from dashboard.full.filter_bar import Completing
from store.filtering.filter import fields


class Line(App[None]):
    """A line for a filter, and nothing else."""

    def compose(self) -> ComposeResult:
        completing = Completing()
        completing.fields = fields()
        yield Input(suggester=completing)


def typed(*keys: str) -> str:
    async def session() -> str:
        app = Line()
        async with app.run_test() as pilot:
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            return app.query_one(Input).value

    return asyncio.run(session())


def test_the_right_arrow_takes_what_is_offered() -> None:
    assert typed(*"Shop", "space", *"is", "colon", *"er", "right") == "Shop is:error"
    assert typed(*"st", "right", *"5xx", "right") == "status:5xx"
