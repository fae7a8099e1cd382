"""Completion of the command line by the shell: shtab generates the scripts for bash, zsh and fish from the parser.

They complete options and their arguments: files, network interfaces, users, and after `--set` the names of settings.
"""

import argparse
from typing import Any, Final

from cli.build import COMMAND
from exercise_config import Config
from settings.setting import settings_of

_INTERFACES: Final = "echo any; ls /sys/class/net 2>/dev/null || ifconfig -l"
_USERS: Final = {"bash": "_exercise_users", "zsh": "_users", "fish": "(__fish_complete_users)"}
_NAMES: Final = {"bash": "_exercise_settings", "zsh": "_exercise_settings", "fish": "(_exercise_settings)"}
_PROTOCOLS: Final = {"bash": "_exercise_protocols", "zsh": "_exercise_protocols", "fish": "(_exercise_protocols)"}
_BASH: Final = """
_exercise_users() {{ compgen -u -- "$1"; }}
_exercise_settings() {{ compgen -W "{names}" -- "$1"; }}
_exercise_protocols() {{ compgen -W "{protocols}" -- "$1"; }}
"""
_ZSH: Final = """
_exercise_settings() {{ compadd -S '' -- {names}; }}
_exercise_protocols() {{ compadd -- {protocols}; }}
"""
_FISH: Final = """
function _exercise_settings; string join \\n {names}; end
function _exercise_protocols; string join \\n {protocols}; end
"""
_PREAMBLES: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_NO_SPACE: Final = """
# A value follows the name of a setting without a space.
_exercise() {
  _shtab_exercise "$@"
  [[ ${#COMPREPLY[@]} = 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
  return 0
}
complete -o bashdefault -F _exercise exercise
"""


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script that completes this parser's options in a shell: "bash", "zsh" or "fish".

    The parser is changed in the process, so pass one that is not used for anything else.

    Raises:
        ModuleNotFoundError: shtab is not installed.
    """
    import shtab

    completers = {"interface": shtab.cmd(_INTERFACES), "user": _USERS, "settings": _NAMES, "protocols": _PROTOCOLS}
    places = {"FILE": shtab.FILE, "PATH": shtab.FILE, "DIR": shtab.DIRECTORY}
    for action in parser._actions:
        _complete(action, completers.get(action.dest) or places.get(str(action.metavar)))
    settings = settings_of(Config)
    protocols = " ".join((*settings["protocols"].choices, "none"))
    preamble = _PREAMBLES[shell].format(names=" ".join(f"{name}=" for name in settings), protocols=protocols)
    script = shtab.complete(parser, shell, COMMAND, preamble)
    return script + (_NO_SPACE if shell == "bash" else "")


def _complete(action: argparse.Action, completer: Any) -> None:
    if completer is not None:
        vars(action)["complete"] = completer
    if isinstance(action.metavar, str):
        action.metavar = action.metavar.replace(":", r"\:")  # zsh treats a bare colon as a separator
