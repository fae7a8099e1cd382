#!/usr/bin/env python3
"""Prints the manual page of the command in roff, made from its parser and its settings: `make man`.

argparse-manpage writes the options; examples, settings, files, environment, signals and exit status follow, in the
order of man-pages(7).
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from argparse_manpage.manpage import Manpage

from cli.build import COMMAND, VERSION
from cli.options import make_parser
from exercise_config import Config
from settings.explanations import explanations
from settings.setting import settings_of
from settings.toml import value_as_toml

_FILES: Final = (
    (
        "$XDG_CONFIG_HOME/http-monitor/config.toml",
        "The settings file, unless --config names another. It is a TOML file: each line has the name of a setting, an "
        "equals sign and a value. The default of XDG_CONFIG_HOME is ~/.config. As root, the program refuses a file "
        "that belongs to another user or that others can write. Under sudo, it accepts a file of the caller if "
        "--config names it.",
    ),
    (
        "$XDG_STATE_HOME/http-monitor/monitor-PID.sock",
        "The socket of a live run, through which exercise signals and exercise blocks tell it what to do.",
    ),
    (
        "$XDG_STATE_HOME/http-monitor/INTERFACE-PORTS.db",
        "The history of a live capture, unless --history names another file. exercise report and exercise anomalies "
        "read it. The default of XDG_STATE_HOME is ~/.local/state. A service keeps its history in "
        "/var/lib/http-monitor.",
    ),
)
_ENVIRONMENT: Final = (
    ("XDG_CONFIG_HOME", "Folder that contains http-monitor/config.toml."),
    ("XDG_STATE_HOME, STATE_DIRECTORY", "Folder of the history; systemd sets STATE_DIRECTORY for a service."),
    ("HTTP_MONITOR_WEBHOOK", "URLs of webhooks, in addition to the setting notice_webhook."),
    ("HTTP_MONITOR_SMTP_PASSWORD", "Password for the mail server, unless notice_smtp_password_file names a file."),
    ("HTTP_MONITOR_DECODER", "Set to python to use the Python decoder even if the Rust decoder is installed."),
    ("NO_COLOR", "Turns colours off if it is set."),
    (
        "SUDO_UID, SUDO_GID",
        "Set by sudo: the user that the program becomes once the capture is open. Files are opened with its rights.",
    ),
)
_SIGNALS: Final = (
    ("SIGHUP", "Read rules and indicators again, unless the program runs on a terminal, where it ends the program."),
    ("SIGINT, SIGTERM", "Stop the program and print a summary."),
    (
        "SIGUSR1",
        "Print a status summary to standard error: packets captured and dropped, data missed and unreadable.",
    ),
)
_EXIT_STATUS: Final = (
    ("0", "The program finished normally."),
    (
        "1",
        "The environment failed: no permission, no such file, a damaged capture, a full disk, a port in use, an "
        "undelivered notice.",
    ),
    ("2", "Wrong usage or invalid settings."),
)


def manual() -> str:
    """Return the page as roff."""
    parser = make_parser(COMMAND)
    examples, parser.epilog = str(parser.epilog).removeprefix("examples:\n"), None
    page = Manpage(parser)
    page.date = f"{date.fromisoformat(page.date):%B %d, %Y}"  # the form that mandoc(1) expects here
    page.source, page.manual = f"http-monitor {VERSION}", "User Commands"
    page.description = "a passive HTTP monitor"
    page.add_section("EXAMPLES", ">", _verbatim(examples))
    page.add_section("SETTINGS", ">", "\n".join(_settings()))
    for heading, entries in (
        ("FILES", _FILES), ("ENVIRONMENT", _ENVIRONMENT), ("SIGNALS", _SIGNALS), ("EXIT STATUS", _EXIT_STATUS),
    ):  # fmt: skip
        page.add_section(heading, ">", "\n".join(_entry(name, text) for name, text in entries))
    page.add_section("SEE ALSO", ">", "\\fBtcpdump\\fR(8), \\fBpcap\\-filter\\fR(7), \\fBcapabilities\\fR(7)")
    return _with_options(str(page), [str(group.title) for group in parser._action_groups])


def _with_options(page: str, groups: Sequence[str]) -> str:
    """Make each group of options, which argparse-manpage prints as a section, a part of the section OPTIONS."""
    for group in groups:
        page = page.replace(f"\n.SH {group.upper()}\n", f"\n.SS {group.capitalize()}\n", 1)
    return page.replace("\n.SS ", "\n.SH OPTIONS\n.SS ", 1)


def _settings() -> Iterator[str]:
    yield "Set these with --set NAME=VALUE or in the settings file. --show-config prints the present values."
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
    """Escape the text so that roff prints it literally: groff_char(7)."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("`", "\\(ga")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in escaped.splitlines())


if __name__ == "__main__":
    sys.stdout.write(manual())
