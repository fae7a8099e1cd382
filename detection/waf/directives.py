"""What is loaded around the rules of a user: limits before them, and after them what makes the run a dry one. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from detection.waf.files import Files

REPORT: Final = 99_000_009
"""Number of our rule that reports the scores of an exchange; its message has those of `Scores`."""
LIMIT: Final = 99_000_008
"""Number of our rule that reports that an expression reached the match limit."""
OWN: Final = range(99_000_000, 99_000_010)
MATCH_LIMIT: Final = 20_000
"""Steps of one expression over one value, about 1 ms."""
_BASE: Final = f"""\
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction ProcessPartial
SecRequestBodyJsonDepthLimit 512
SecArgumentsLimit 1000
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial
SecPcreMatchLimit {MATCH_LIMIT}
SecPcreMatchLimitRecursion {MATCH_LIMIT}
SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:application|text)/(?:[a-z0-9.+-]+[+])?xml" \
"id:99000001,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/(?:[a-z0-9.+-]+[+])?json" \
"id:99000002,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"
"""
"""What ModSecurity's recommended configuration says, for the Core Rule Set alone, which does not say it."""
_END: Final = f"""\
SecRule TX:MSC_PCRE_LIMITS_EXCEEDED "@unconditionalMatch" "id:{LIMIT},phase:5,pass,log"
SecRuleEngine DetectionOnly
SecAuditEngine Off
"""
_DENY: Final = re.compile(r"[\",\s](deny|drop|block|redirect(?=:))\b")
_ID: Final = re.compile(r"\bid:\s*'?(\d{1,12})\b")
_RULE: Final = re.compile(r"^[ \t]*(SecRule|SecAction|SecDefaultAction|SecRemoteRules)\b", re.IGNORECASE)
_VERSION: Final = re.compile(r"\bver:'OWASP_CRS/([\w.-]{1,20})'")

_SCORES: Final = (
    "tx.blocking_inbound_anomaly_score", "tx.anomaly_score",
    "tx.blocking_outbound_anomaly_score", "tx.outbound_anomaly_score",
    *(f"tx.inbound_anomaly_score_pl{level}" for level in (1, 2, 3, 4)),
    *(f"tx.anomaly_score_pl{level}" for level in (1, 2, 3, 4)),
    "tx.inbound_anomaly_score_threshold", "tx.outbound_anomaly_score_threshold",
    "tx.blocking_paranoia_level", "tx.paranoia_level",
    "tx.detection_paranoia_level", "tx.executing_paranoia_level",
)  # fmt: skip
"""Variables of version 4 of the Core Rule Set, then those of version 3."""


class Limits(NamedTuple):
    """What the user wants instead of what the rule set says; 0 leaves it to the rule set."""

    paranoia: int = 0
    """Paranoia level whose rules count."""
    watched: int = 0
    """Paranoia level up to which rules run."""
    inbound: int = 0
    """Score of a request from which on it is blocked."""
    outbound: int = 0
    """Score of a response from which on it is blocked."""


class Scores(NamedTuple):
    """How the rule set judged an exchange; 0 for what it does not know."""

    inbound: int = 0
    outbound: int = 0
    levels: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Scores of the request by the rules of each paranoia level alone."""
    limits: Limits = Limits()


def directives(files: Files, wanted: Limits) -> str:
    """Return the text that loads the rules."""
    lines = [_BASE] if files.has_folder else [f"SecPcreMatchLimit {MATCH_LIMIT}", _overridden(wanted)]
    lines += [f'Include "{file}"' for file in files.before]
    if files.has_folder:
        lines.append(_overridden(wanted))
    lines += [f'Include "{file}"' for file in files.after]
    fields = "|".join(f"%{{{name}}}" for name in _SCORES)
    lines.append(f"SecAction \"id:{REPORT},phase:5,pass,log,msg:'{fields}'\"")
    return "\n".join((*lines, _END))


def _overridden(wanted: Limits) -> str:
    watched = max(wanted.watched, wanted.paranoia) if wanted.watched else wanted.paranoia
    pairs = (
        (("blocking_paranoia_level", "paranoia_level"), wanted.paranoia),
        (("detection_paranoia_level", "executing_paranoia_level"), watched),
        (("inbound_anomaly_score_threshold",), wanted.inbound),
        (("outbound_anomaly_score_threshold",), wanted.outbound),
    )
    settings = [f"setvar:tx.{name}={value}" for names, value in pairs if value for name in names]
    return f'SecAction "id:99000003,phase:1,pass,nolog,{",".join(settings)}"' if settings else ""


def scores(message: str) -> Scores:
    """Return what our reporting rule says."""
    numbers = [int(text) if text.isdecimal() and len(text) < 10 else 0 for text in message.split("|")]
    if len(numbers) != len(_SCORES):
        return Scores()
    inbound, outbound = numbers[0] or numbers[1], numbers[2] or numbers[3]
    levels = numbers[4:8] if any(numbers[4:8]) else numbers[8:12]
    limits = Limits(numbers[14] or numbers[15], numbers[16] or numbers[17], numbers[12], numbers[13])
    return Scores(inbound, outbound, (levels[0], levels[1], levels[2], levels[3]), limits)


_MUTE: Final = "SecDefaultAction has nolog, so that nobody learns what matches; change it to log"


class Known(NamedTuple):
    """What the text of the rules says, which ModSecurity does not tell when it only detects."""

    blocking: frozenset[int]
    """Numbers of the rules that block."""
    version: str
    """Version of the Core Rule Set; empty if it is none."""
    problem: str
    """Why the rules cannot be used; empty if they can."""


def known(texts: Iterable[str]) -> Known:
    """Read which rules block."""
    deny: set[int] = set()
    block: set[int] = set()
    version, problem, blocks = "", "", False
    for text in texts:
        version = version or next(iter(_VERSION.findall(text)), "")
        for line in _joined(text):
            directive = _RULE.match(line)
            name = directive[1].lower() if directive else ""
            words = set(_DENY.findall(line)) if directive else set()
            number = _ID.search(line)
            if name == "secremoterules":
                problem = "SecRemoteRules: rules are not loaded over the network; download them"
            elif name == "secdefaultaction":
                blocks |= bool(words - {"block"})
                problem = _MUTE if "nolog" in re.split(r"[\s,\"]+", line) else problem
            elif words and number:
                (deny if words - {"block"} else block).add(int(number[1]))
    return Known(frozenset(deny | block if blocks else deny), version, problem)


def _joined(text: str) -> Iterator[str]:
    """Yield the directives, each in one line, without comments."""
    for line in re.sub(r"\\\r?\n[ \t]*", " ", text).split("\n"):
        if not line.lstrip().startswith("#"):
            yield line
