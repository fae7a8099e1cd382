"""A machine inside that an intruder may control: several signs that mean little one by one, added up."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from detection.exchanges import chosen
from detection.lookups import domains
from detection.networks import OWN, leaving, within
from detection.rarity import Rarity
from detection.tally import MAX_KEYS, Tally
from traffic.batch import Batch, Table
from traffic.finding import CRITICAL, HIGH, INFO, LOW, MEDIUM, Finding
from traffic.records import Exchange, TlsHandshake

WINDOW: Final = 24 * 3600.0
"""Seconds that a sign counts."""
PAUSE: Final = 6 * 3600.0
"""Seconds until the same client is reported again, unless its score rises by RISE."""
RISE: Final = 25
NEW: Final = 3600.0
"""Seconds of watching before a domain is new."""
MUCH: Final = 10_000_000
"""Bytes sent to a domain in a day that are an upload."""
MORE: Final = 10
"""Factor between the bytes sent to a domain and those received, above which they are an upload."""
MAX_CLIENTS: Final = 2000
"""Clients with signs, the latest ones."""
MAX_SIGNS: Final = 50
"""Signs of a client, the latest ones."""
_POINTS: Final = {INFO: 5, LOW: 20, MEDIUM: 40, HIGH: 60, CRITICAL: 80}
"""Of a finding of another detector, by its severity."""
_STYLE: Final = frozenset({"waf", "evasion", "content_evasion", "data_leak"})
"""Detectors whose findings of low severity are often about ordinary software, or what it may send: no signs."""
_UPLOAD, _RARE, _NEW = 30, 20, 15
"""Of much data sent out, of a program that nobody else has, and of a new domain."""


class Sign(NamedTuple):
    """Something that makes a client suspicious."""

    time: float
    points: int
    text: str


class Meeting(NamedTuple):
    """A client and a host that it talks to."""

    time: float
    client: str
    host: str
    server: str
    server_port: int


class AdvancedThreat:
    """Clients of `own_networks` whose signs add up to at least `score` points in a day, two signs or more.

    Signs are the findings of other detectors (the worst of one detector about a host), uploads, programs that nobody
    else uses (by JA4 or user agent), and domains that are new. The last two count only beside a sign of another kind
    with the same host: by themselves they are everyday life.
    """

    name, title = "advanced_threat", "Signs of an intruder, added up"
    records = (Exchange, TlsHandshake, Finding)

    def __init__(self, score: float = 70, own_networks: Sequence[str] = OWN) -> None:
        self._score = score
        self._is_own = within(own_networks)
        self._domain = domains()
        self._began: float | None = None
        self._first: OrderedDict[str, float] = OrderedDict()
        self._programs = {Exchange: Rarity("user_agent"), TlsHandshake: Rarity("ja4")}
        self._latest: OrderedDict[str, dict[type, str]] = OrderedDict()
        """The programs that talked to a host for a client."""
        self._sent, self._received = Tally(WINDOW), Tally(WINDOW)
        self._signs: OrderedDict[str, OrderedDict[str, Sign]] = OrderedDict()
        self._reported: dict[str, tuple[float, float]] = {}

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        for kind, programs in self._programs.items():
            table = batch.table(kind)
            if len(table):
                programs.note(table)
                yield from self._follow(kind, table)
        for finding in batch.table(Finding).records():
            if self._is_sign(finding):
                yield from self._suspect(finding)

    # What clients do --------------------------------------------------------------------------------------------------

    def _follow(self, kind: type, table: Table) -> Iterator[Finding]:
        """Remember the hosts, programs and bytes of own clients; uploads are signs."""
        self._began = float(table.numbers("time")[0]) if self._began is None else self._began
        is_exchange = kind is Exchange
        columns = ("domain", "user_agent") if is_exchange else ("server_name", "ja4")
        sent, received = (table.numbers(f"{side}_bytes") if is_exchange else () for side in ("request", "response"))
        for row in chosen(table, leaving(table, self._is_own, is_exchange), "client", *columns):
            client, host, program = row.texts
            if not client or not host:
                continue
            meeting = Meeting(row.time, client, host, row.server, row.server_port)
            self._remember(meeting, kind, program or "")
            if is_exchange:
                yield from self._sends(meeting, int(sent[row.number]), int(received[row.number]))

    def _remember(self, meeting: Meeting, kind: type, program: str) -> None:
        _bounded(self._first, self._site(meeting.host), meeting.time, MAX_KEYS)
        key = f"{meeting.client} {meeting.host}"
        used = self._latest.setdefault(key, {})
        used[kind] = program
        self._latest.move_to_end(key)
        if len(self._latest) > MAX_KEYS:
            self._latest.popitem(last=False)

    def _site(self, host: str) -> str:
        """Return the registered domain of a host; an address is a site of its own."""
        return host if ":" in host or host[-1:].isdigit() else self._domain(host)

    def _sends(self, meeting: Meeting, sent: int, received: int) -> Iterator[Finding]:
        key = f"{meeting.client} {self._site(meeting.host)}"
        out, back = self._sent.add(key, meeting.time, sent), self._received.add(key, meeting.time, received)
        if _is_upload(out, back) and not _is_upload(out - sent, back - received):
            text = f"sent {out / 1e6:.0f} MB to {meeting.host} and got {back / 1e6:.1f} MB"
            yield from self._note(meeting, f"upload {key}", Sign(meeting.time, _UPLOAD, text))

    # Signs ------------------------------------------------------------------------------------------------------------

    def _is_sign(self, finding: Finding) -> bool:
        is_mild = finding.severity in (INFO, LOW) and finding.detector in _STYLE
        return finding.detector != self.name and not is_mild and self._is_own(finding.client)

    def _suspect(self, finding: Finding) -> Iterator[Finding]:
        where = f" {finding.host}" if finding.host else ""
        meeting = Meeting(finding.time, finding.client, finding.host, finding.server, finding.server_port)
        sign = Sign(finding.time, _POINTS[finding.severity], f"{finding.rule}{where}")
        yield from self._note(meeting, f"{finding.detector}{where}", sign)

    def _note(self, meeting: Meeting, what: str, sign: Sign) -> Iterator[Finding]:
        """Add a sign, and those that count beside it; return a finding if there are enough."""
        signs = self._signs.setdefault(meeting.client, OrderedDict())
        self._signs.move_to_end(meeting.client)
        if len(self._signs) > MAX_CLIENTS:
            self._signs.popitem(last=False)
        for key in [key for key, each in signs.items() if each.time < meeting.time - WINDOW]:
            del signs[key]
        for key, each in ((what, sign), *self._beside(meeting)):
            signs[key] = max(each, signs.get(key, each), key=_points)._replace(time=each.time)
            signs.move_to_end(key)
        while len(signs) > MAX_SIGNS:
            signs.popitem(last=False)
        yield from self._judged(meeting, [*signs.values()])

    def _beside(self, meeting: Meeting) -> Iterator[tuple[str, Sign]]:
        first = self._first.get(self._site(meeting.host), 0.0)
        if self._began is not None and first >= self._began + NEW and meeting.time < first + WINDOW:
            yield f"new {meeting.host}", Sign(meeting.time, _NEW, f"{meeting.host} is new")
        for kind, program in self._latest.get(f"{meeting.client} {meeting.host}", {}).items():
            if self._programs[kind].is_rare(program, meeting.client, meeting.time):
                what = "user agent" if kind is Exchange else "TLS client"
                yield f"rare {program}", Sign(meeting.time, _RARE, f"nobody else uses the {what} {program or '(none)'}")

    def _judged(self, meeting: Meeting, signs: Sequence[Sign]) -> Iterator[Finding]:
        score = sum(sign.points for sign in signs)
        time, before = self._reported.get(meeting.client, (-PAUSE, 0.0))
        again = abs(meeting.time - time) >= PAUSE or score >= before + RISE
        if score < self._score or len(signs) < 2 or not again:
            return
        if len(self._reported) >= MAX_CLIENTS:
            self._reported.clear()
        self._reported[meeting.client] = meeting.time, score
        reasons = ", ".join(f"{sign.text} ({sign.points})" for sign in sorted(signs, key=_points, reverse=True)[:6])
        more = f" and {len(signs) - 6} more" if len(signs) > 6 else ""
        yield Finding(
            meeting.time, self.name, self.name, HIGH, meeting.client, 0, meeting.server, meeting.server_port,
            meeting.host, "", f"{meeting.client} has {score} points in a day: {reasons}{more}",
        )  # fmt: skip


def _points(sign: Sign) -> int:
    return sign.points


def _is_upload(sent: int, received: int) -> bool:
    return sent >= MUCH and sent >= MORE * received


def _bounded(known: OrderedDict[str, float], key: str, value: float, most: int) -> None:
    """Keep the first value of a key, of the latest keys."""
    known.setdefault(key, value)
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)
