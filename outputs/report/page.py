"""The page: HTML that needs nothing from outside, and takes nothing from whoever sent what is on it.

All texts go through one gate that escapes them: what is not printable becomes visible, and the template engine does the
rest. The page has no script, and forbids everything but its own style.
"""

from base64 import b64encode
from datetime import datetime, timezone, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from outputs.report import charts, facts, plots, tables
from view import figures
from view.past import lately
from view.view import View

_FOLDER: Final = Path(__file__).parent
_POLICY: Final = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


class Page:
    """Makes pages. The template is read when it is made, so that no file is needed afterwards."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """`zone` None: the local time of the machine."""
        self._zone = zone
        style = (_FOLDER / "style.css").read_text(encoding="utf-8")
        environment = Environment(
            loader=DictLoader({"page": (_FOLDER / "page.html").read_text(encoding="utf-8")}),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_visible,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.globals.update(
            style=Markup(style),
            policy=_POLICY.format(b64encode(sha256(style.encode()).digest()).decode()),
            size=f"0 0 {plots.WIDTH:g} {plots.HEIGHT:g}",
        )
        environment.filters.update(moment=self._moment, stamp=_stamp)
        self._template = environment.get_template("page")

    def html(self, view: View) -> str:
        """The page of a View."""
        return self._template.render(
            view=view,
            zone=self._zone_name(view.now),
            span=figures.duration(view.now - view.started),
            window=figures.span(view.window),
            figures=facts.figures_of(view),
            past=facts.past_facts(view.history, lately(view), self._zone),
            drawings=[
                drawing
                for draw in (charts.rate_drawing, charts.class_drawing)
                if (drawing := draw(view, self._moment)) is not None
            ],
            tables=[tables.table(panel) for panel in view.panels],
            alerts=[facts.alert_line(alert, view.now) for alert in view.alerts],
            signals=[facts.signal_line(signal) for signal in view.signals],
            health=facts.health_facts(view.health),
            named=[
                (title, facts.named_facts(counts))
                for title, counts in (
                    ("Connections that can't be read", view.health.unreadable),
                    ("Servers asked for over TLS", view.health.server_names),
                    ("Oddities", view.health.oddities),
                )
                if counts
            ],
        )

    def _moment(self, time: float) -> str:
        return figures.moment(time, self._zone)

    def _zone_name(self, now: float) -> str:
        try:
            return datetime.fromtimestamp(now, self._zone or timezone.utc).astimezone(self._zone).strftime("UTC%z")
        except (OverflowError, ValueError, OSError):  # a capture file can claim any time
            return "UTC"


def _visible(value: Any) -> Any:
    r"""A text with what does not show, or would move what is around it, as an escape: `\u202e`."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(part if part.isprintable() else part.encode("unicode_escape").decode("ascii") for part in value)


def _stamp(time: float) -> str:
    """As `<time datetime>` wants it; empty for what no calendar knows."""
    try:
        return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return ""
