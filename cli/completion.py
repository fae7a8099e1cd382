"""Completion of the command line by the shell: shtab generates the scripts for bash, zsh and fish from the parser.

They complete options and their arguments: files, network interfaces, users, and after `--set` the names of settings;
the commands, and what `signals` and `blocks` may be told.
"""

import argparse
from typing import Any, Final

from cli.build import COMMAND, COMMANDS
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
_ZSH_LINE: Final = """
_exercise_line() {{
  case "$CURRENT $words[2]" in
    "2 "[^-]*|"2 ") compadd -- {commands} ;;
{actions}
    *) _shtab_exercise "$@" ;;
  esac
}}
"""
_FISH_LINE: Final = """
complete -c exercise -n 'test (count (commandline -opc)) -eq 1' -xa '{commands}'
{actions}
"""
_ACTION: Final = {
    "bash": """    "2 {command}") COMPREPLY=($(compgen -W "{actions}" -- "$2")); return 0 ;;""",
    "zsh": """    "3 {command}") compadd -- {actions} ;;""",
    "fish": "complete -c exercise -n 'test (count (commandline -opc)) -eq 2;"
    " and string match -q {command} (commandline -opc)[2]' -xa '{actions}'",
}
ACTIONS: Final = {
    "blocks": ("list", "lift", "add"),
    "signals": ("list", "relearn", "accept", "mute", "unmute", "acknowledge", "baseline"),
}
"""What commands may be told."""
_PREAMBLES: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_BASH_LINE: Final = """
_exercise() {{
  case "$COMP_CWORD ${{COMP_WORDS[1]}}" in
    "1 "[!-]*|"1 ") COMPREPLY=($(compgen -W "{commands}" -- "$2")); return 0 ;;
{actions}
  esac
  _shtab_exercise "$@"
  # A value follows the name of a setting without a space.
  [[ ${{#COMPREPLY[@]}} = 1 && ${{COMPREPLY[0]}} == *= ]] && compopt -o nospace
  return 0
}}
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
    line = _line(shell)
    if shell == "zsh":  # it must be defined before it is called
        script = shtab.complete(parser, shell, COMMAND, preamble + line)
        return script.replace("compdef _shtab_exercise", "compdef _exercise_line").replace(
            '\n  _shtab_exercise "$@"\nfi', '\n  _exercise_line "$@"\nfi'
        )
    return shtab.complete(parser, shell, COMMAND, preamble) + line


def _line(shell: str) -> str:
    """Return what completes the commands, and what they may be told."""
    form = {"bash": _BASH_LINE, "zsh": _ZSH_LINE, "fish": _FISH_LINE}[shell]
    actions = (_ACTION[shell].format(command=name, actions=" ".join(words)) for name, words in ACTIONS.items())
    return form.format(commands=" ".join(sorted(COMMANDS)), actions="\n".join(actions))


def _complete(action: argparse.Action, completer: Any) -> None:
    if completer is not None:
        vars(action)["complete"] = completer
    if isinstance(action.metavar, str):
        action.metavar = action.metavar.replace(":", r"\:")  # zsh treats a bare colon as a separator
