"""The console dashboard: renders a View as text for terminals, pipes and logs. Pure."""

from datetime import tzinfo

from dashboard.alert_lines import history, message, signals
from dashboard.block_lines import blocked_lines
from dashboard.grid import grid, hidden_note
from dashboard.heading import top
from dashboard.past_line import past
from dashboard.rate_line import request_rate
from dashboard.response_line import responses
from view.page import EMPTY, MARGIN, Page
from view.view import View


def render(
    view: View,
    width: int,
    *,
    colour: bool,
    ascii_only: bool = False,
    height: int | None = None,
    zone: tzinfo | None = None,
) -> str:
    """Render the dashboard in lines of less than `width` cells, without a newline at the end.

    With `height`, it has at most that many lines: the top stays, top lists and history shrink. `zone` is the time zone
    of all moments; None is local time.
    """
    page = Page(max(1, width - 2 * MARGIN), height, ascii_only, zone)
    alerts = [*message(view, page), *signals(view, page), *history(view, page), *blocked_lines(view, page)]
    traffic = [*request_rate(view, page), *past(view, page), *responses(view, page)]
    lines = [*top(view, page), *alerts, *traffic, EMPTY]
    lines += grid(view, page, used=len(lines))
    if height is not None and len(lines) > height:
        lines = [*lines[: height - 1], hidden_note(view.shown, page)][:height]
    return "\n".join(page.paint(line, colour) for line in lines)
