"""Answers requests that need no capture: it prints the settings or the network interfaces."""

import sys

from cli.arguments import Arguments
from dashboard.screen import Screen
from exercise_config import Config


def answered(arguments: Arguments, config: Config) -> bool:
    """Print what the arguments request, and return True; return False if they request a run."""
    if arguments.show_config:
        Screen(sys.stdout).say(config.as_toml())
    elif arguments.list_interfaces:
        _list_interfaces(Screen(sys.stdout))
    else:
        return False
    return True


def _list_interfaces(screen: Screen) -> None:
    from capture.interfaces import interfaces

    for name, addresses, state in interfaces():
        screen.say(f"{name:16} {state:5} {', '.join(addresses)}".rstrip())
