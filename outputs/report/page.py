"""Renders the page: HTML that loads nothing, and in which text from the wire is only text.

All texts pass one function that makes unprintable characters visible, and the template engine escapes the rest. The
page has no script, and its policy allows only its own style.
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
    """Renders pages. It reads the template when it is created, and needs no file afterwards."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """Show times in `zone`; None means the local time of the machine."""
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
        """Return the page of a View."""
        return self._template.render(
            view=view,
            zone=figures.offset(view.now, self._zone),
            span=figures.duration(view.now - view.started),
            window=figures.span(view.window),
            figures=facts.figures_of(view, self._zone),
            past=facts.past_facts(view.history, lately(view), self._zone),
            drawings=[
                drawing
                for draw in (charts.rate_drawing, charts.class_drawing)
                if (drawing := draw(view, self._moment)) is not None
            ],
            tables=[tables.table(panel) for panel in view.shown],
            alerts=[facts.alert_line(alert, view.now) for alert in view.alerts],
            signals=[facts.signal_line(signal) for signal in view.signals],
            health=facts.health_facts(view.health),
            named=[
                (title, facts.named_facts(counts))
                for title, counts in (
                    ("Unreadable connections", view.health.unreadable),
                    ("TLS server names", view.health.server_names),
                    ("Decryption", view.health.secrets),
                    ("Not inspected", view.health.uninspected),
                    ("Oddities", view.health.oddities),
                )
                if counts
            ],
        )

    def _moment(self, time: float) -> str:
        return figures.moment(time, self._zone)


def _visible(value: Any) -> Any:
    r"""Replace invisible characters, and those that rearrange text, by escapes such as `\u202e`."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(part if part.isprintable() else part.encode("unicode_escape").decode("ascii") for part in value)


def _stamp(time: float) -> str:
    """Return the value for `<time datetime>`; empty if the time is out of range."""
    try:
        return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return ""
