#!/usr/bin/env python3
"""The manual page of the command, in roff, made from its parser and its settings: `make man`.

argparse-manpage writes what the parser knows; examples, settings, files, signals and exit status follow. man-pages(7).
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from argparse_manpage.manpage import Manpage

from cli.arguments import make_parser
from cli.build import COMMAND, VERSION
from exercise_config import Config
from settings.explanations import explanations
from settings.setting import settings_of
from settings.toml import value_as_toml

_FILES: Final = (
    (
        "$XDG_CONFIG_HOME/http-monitor/config.toml",
        "The settings, where no other file is named by --config. It is TOML: a line is the name of a setting, an "
        "equals sign and a value. XDG_CONFIG_HOME is ~/.config where it is not set. Run as root, the program refuses a "
        "file that is another user's, or that others can write; under sudo, one of the caller's is read when --config "
        "names it.",
    ),
    (
        "$XDG_STATE_HOME/http-monitor/INTERFACE-PORTS.db",
        "The history of a live capture, where --history does not name another file; exercise report reads it. "
        "XDG_STATE_HOME is ~/.local/state where it is not set; a service has it in /var/lib/http-monitor.",
    ),
)
_ENVIRONMENT: Final = (
    ("XDG_CONFIG_HOME", "The folder of http-monitor/config.toml."),
    ("XDG_STATE_HOME, STATE_DIRECTORY", "Where the history is; the second is set by systemd."),
    ("HTTP_MONITOR_WEBHOOK", "Where notices are posted to, beside the setting notice_webhook."),
    ("HTTP_MONITOR_SMTP_PASSWORD", "Of the mail server, where notice_smtp_password_file names no file."),
    ("HTTP_MONITOR_DECODER", "python has the decoder in Python run, although there is the one in Rust."),
    ("NO_COLOR", "When it is set, there are no colours."),
    ("SUDO_UID, SUDO_GID", "Set by sudo: who the program becomes once the capture is open."),
)
_SIGNALS: Final = (
    ("SIGINT, SIGTERM", "End the program, with a summary."),
    (
        "SIGUSR1",
        "Prints on standard error what was captured, dropped, lost and unreadable so far. Nothing else changes.",
    ),
)
_EXIT_STATUS: Final = (
    ("0", "It ended as asked."),
    ("1", "The environment failed: no permission, no such file, a damaged capture, a full disk."),
    ("2", "Wrong usage or settings."),
)


def manual() -> str:
    """The page, as roff."""
    parser = make_parser(COMMAND)
    examples, parser.epilog = str(parser.epilog).removeprefix("examples:\n"), None
    page = Manpage(parser)
    page.date = f"{date.fromisoformat(page.date):%B %d, %Y}"  # as mandoc(1) can read it in this place
    page.source, page.manual = f"http-monitor {VERSION}", "User Commands"
    page.description = "a passive HTTP monitor"
    page.add_section("EXAMPLES", ">", _verbatim(examples))
    page.add_section("SETTINGS", ">", "\n".join(_settings()))
    for heading, entries in (
        ("FILES", _FILES), ("ENVIRONMENT", _ENVIRONMENT), ("SIGNALS", _SIGNALS), ("EXIT STATUS", _EXIT_STATUS),
    ):  # fmt: skip
        page.add_section(heading, ">", "\n".join(_entry(name, text) for name, text in entries))
    page.add_section("SEE ALSO", ">", "\\fBtcpdump\\fR(8), \\fBpcap\\-filter\\fR(7), \\fBcapabilities\\fR(7)")
    return str(page)


def _settings() -> Iterator[str]:
    yield "For --set NAME=VALUE and the settings file; --show-config prints the values."
    known = explanations(Config)
    for name, setting in settings_of(Config).items():
        if known[name].heading:
            yield f".SS {_escaped(known[name].heading)}"
        default = value_as_toml(getattr(Config, name))
        yield _entry(
            f"{name} = {default}", " ".join(filter(None, (known[name].words, _sentence(setting.kind_in_words))))
        )


def _sentence(words: str) -> str:
    return f"{words}." if words else ""


def _entry(name: str, text: str) -> str:
    return f".TP\n\\fB{_escaped(' '.join(name.split()))}\\fR\n{_escaped(text)}"


def _verbatim(text: str) -> str:
    return f".nf\n{_escaped(text.rstrip())}\n.fi"


def _escaped(text: str) -> str:
    """So that roff shows just this text: groff_char(7)."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("`", "\\(ga")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in escaped.splitlines())


if __name__ == "__main__":
    sys.stdout.write(manual())
