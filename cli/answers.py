"""What the command line asks for that needs no capture: the settings, and the network interfaces."""

import sys

from cli.arguments import Arguments
from dashboard.screen import Screen
from exercise_config import Config


def answered(arguments: Arguments, config: Config) -> bool:
    """Print what was asked for, and return True; False if the arguments ask for a run."""
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
