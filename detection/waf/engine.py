"""Runs ModSecurity's rules over an exchange, with the package libmodsecurity, as a connector in a web server would.

The request goes in as it was sent, without transfer coding, but with its content codings, which ModSecurity does not
undo either. The response goes in without content codings: a server compresses what ModSecurity has already seen.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, NamedTuple

from detection.inspector import Inspected
from detection.messages import Message
from detection.waf.directives import LIMIT, OWN, REPORT, Limits, Scores, directives, known, scores
from detection.waf.files import RulesError, found, texts
from detection.waf.match import Match, match_of
from traffic.content import Content

libmodsecurity: Any = None
with suppress(ImportError):  # here, because later, without rights, nothing can be imported
    libmodsecurity = import_module("libmodsecurity")

_WHERE: Final = re.compile(r"Rules error\. File: (.*?)\. Line: (\d+)\. Column: \d+\. (.*)", re.DOTALL)
_UNNAMED: Final = ("", "<<reference missing or not informed>>")
_REQUEST: Final = 2
"""Last phase of a request."""
_EVALUATION: Final = (range(949_000, 950_000), range(959_000, 960_000), range(980_000, 981_000), OWN)
"""Rules of the Core Rule Set that add up scores, and ours."""
_BODY_ERRORS: Final = ("REQBODY_ERROR", "REQBODY_PROCESSOR_ERROR", "MULTIPART_")
"""Variables that say that a body is damaged, as one that is cut always is."""
_VERSIONS: Final = {b"HTTP/2": "2.0", b"HTTP/3": "3.0"}


class Verdict(NamedTuple):
    """What the rules make of an exchange."""

    matches: tuple[Match, ...] = ()
    """In the order in which they matched, without those that only add up."""
    scores: Scores = Scores()
    request_blocked: bool = False
    response_blocked: bool = False
    limit_reached: bool = False
    """Whether an expression reached the match limit, so that its rule said nothing."""
    cut: bool = False
    """Whether the rules saw only the beginning of a body."""


class Engine:
    """A loaded rule set."""

    def __init__(self, paths: Sequence[str] = (), wanted: Limits | None = None) -> None:
        """Load files and folders; without any, those of Debian's package.

        Raises:
            RulesError: the package is missing, or the rules cannot be loaded.
        """
        wanted = wanted or Limits()
        library = _library()
        files = found(paths)
        self._known = known(texts((*files.before, *files.after)))
        if self._known.problem:
            raise RulesError(self._known.problem)
        self._transaction = library.Transaction
        self._engine = library.ModSecurity()
        self._engine.set_log_callback(_nothing)
        self._rules = library.RulesSet()
        self.directives = directives(files, wanted)
        """The text that loads the rules."""
        self.rules = self._rules.load(self.directives)
        """Number of directives."""
        if self.rules < 0:
            raise RulesError(_error(self._rules.get_parser_error()))
        self.limits = self._effective(wanted)

    @property
    def version(self) -> str:
        """Version of the Core Rule Set; empty if there is none."""
        return self._known.version

    def judge(self, exchange: Inspected) -> Verdict:
        """Return what the rules make of an exchange. Nothing is inspected without a request."""
        request, response, content = exchange.request, exchange.response, exchange.content
        if request is None:
            return Verdict()
        run = self._transaction(self._engine, self._rules)
        blocked = self._requested(run, request, content)
        if response is not None and not blocked:
            blocked = _answered(run, response)
        run.process_logging()
        cut = len(content.request_body) < content.request_bytes or (response is not None and response.cut)
        return self._verdict([match_of(said) for said in run.get_rule_messages()], blocked, cut)

    def _requested(self, run: Any, request: Message, content: Content) -> int:
        """Run phases 1 and 2, and return the phase that blocked, if the rules really did."""
        method, target, version = request_line(request.line)
        run.process_connection(content.client, content.client_port, content.server, content.server_port)
        run.process_uri(target, method, version)
        for name, value in request.fields:
            run.add_request_header(name, value)
        run.process_request_headers()
        if _interrupted(run):
            return 1
        if content.request_body:
            run.append_request_body(content.request_body)
        run.process_request_body()
        return 2 if _interrupted(run) else 0

    def _verdict(self, said: list[Match], phase: int, cut: bool) -> Verdict:
        matches = [match for match in said if not (cut and match.place.startswith(_BODY_ERRORS))]
        phases = {match.phase for match in matches if match.rule in self._known.blocking} | ({phase} - {0})
        report = next((match.message for match in matches if match.rule == REPORT), "")
        return Verdict(
            tuple(match for match in matches if not any(match.rule in numbers for numbers in _EVALUATION)),
            scores(report),
            any(number <= _REQUEST for number in phases),
            any(number > _REQUEST for number in phases),
            any(match.rule == LIMIT for match in matches),
            cut,
        )

    def _effective(self, wanted: Limits) -> Limits:
        """Return the limits that the rule set goes by.

        Raises:
            RulesError: they are not those wanted, because the files set them too.
        """
        content = Content(0.0, "192.0.2.1", 1024, "192.0.2.2", 80, "", "/", _PROBE, b"", 0, b"", b"", 0, 0)
        limits = self.judge(Inspected(content, 0)).scores.limits
        for name, asked, is_so in (
            ("waf_paranoia", wanted.paranoia, limits.paranoia),
            ("waf_threshold", wanted.inbound, limits.inbound),
            ("waf_outbound_threshold", wanted.outbound, limits.outbound),
        ):
            if asked not in (0, is_so):
                raise RulesError(f"{name}: the rules set {is_so or 'none'} themselves; change it in crs-setup.conf")
        return limits


_PROBE: Final = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: probe\r\nAccept: */*\r\n\r\n"


def _library() -> Any:
    if libmodsecurity is None:
        raise RulesError("the detector waf needs the package libmodsecurity; run: pip install -r requirements-waf.txt")
    return libmodsecurity


def _nothing(_line: str) -> None:
    """Take the lines that a web server would log."""


def _error(text: str) -> str:
    """Return the error of the parser with file and line number in front, as one line."""
    place = _WHERE.match(text)
    if place is None or place[1] in (*_UNNAMED, "."):
        return " ".join(f"the rules cannot be loaded: {place[3] if place else text}".split())
    return " ".join(f"{place[1]}:{place[2]}: {place[3]}".split())


def request_line(line: bytes) -> tuple[bytes, bytes, str]:
    """Return method, target and version (as `1.1`) of a request line. A version that is none belongs to the target."""
    method, _, rest = line.rstrip(b" ").partition(b" ")
    target, _, version = rest.rpartition(b" ")
    if not version.startswith(b"HTTP/"):
        return method, rest, "0.9"
    return method, target, _VERSIONS.get(version) or version[5:].decode("latin-1")


def _answered(run: Any, response: Message) -> int:
    """Run phases 3 and 4, and return the phase that blocked, if the rules really did."""
    version, _, rest = response.line.partition(b" ")
    status = rest[:3]
    for name, value in response.fields:
        run.add_response_header(name, value)
    run.process_response_headers(int(status) if status.isdigit() else 0, version)
    if _interrupted(run):
        return 3
    if response.body:
        run.append_response_body(response.body)
    run.process_response_body()
    return 4 if _interrupted(run) else 0


def _interrupted(run: Any) -> bool:
    """Whether rules block after all, as they may with `ctl:ruleEngine=On`: the rest is not evaluated then."""
    said = run.intervention()
    return said is not None and said.disruptive
