"""Writes the report of a dry run as text or JSON. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from detection.waf.summary import Place, Summary
from detection.waf.tally import Client, Row

_NAME: Final = 22
"""Width of a figure's name."""
_FILES: Final = 3
"""Files that are named."""
_RULES: Final = 4
"""Rules that are shown of a place."""
_KINDS: Final = {
    "sqli": "SQL injection", "xss": "XSS", "rce": "remote commands", "lfi": "files", "rfi": "remote files",
    "reputation-scanner": "scanner", "protocol": "protocol", "injection-php": "PHP", "injection-java": "Java",
    "fixation": "session fixation", "disclosure": "disclosure", "ssrf": "SSRF", "multipart-header": "multipart",
    "injection-generic": "code injection", "generic": "generic",
}  # fmt: skip


class Run(NamedTuple):
    """What was read, and with which rules."""

    files: tuple[str, ...]
    rules: str
    """Name of the rule set, as `Core Rule Set 4.29.0`."""
    missed: Mapping[str, int]
    """Exchanges that were not inspected, by reason."""
    notes: tuple[str, ...]
    """Sentences about what was not read."""


def summary_text(report: Summary, run: Run, rows: int, width: int) -> str:
    """Return lines for a person; names and evidence are cut at `width`."""
    lines = [*_head(report, run), ""]
    lines += _places("Likely false positives", report.false_positives, rows, width)
    lines += _attackers(report, rows, width)
    lines += _places("Neither clearly", report.unclear, rows, width)
    if not report.tally.requests:
        lines.append("Nothing to inspect: there are no HTTP requests.")
    elif not report.tally.blocked:
        lines.append("Nothing would be blocked.")
    return "\n".join(lines).rstrip("\n")


def _head(report: Summary, run: Run) -> Iterator[str]:
    tally, limits = report.tally, report.limits
    few = len(run.files) <= _FILES
    yield f"{', '.join(run.files) if few else f'{len(run.files):,} files'}   {run.rules}"
    yield ""
    yield _line("Requests", f"{tally.requests:,}")
    terms = f": paranoia level {limits.paranoia}, threshold {limits.inbound}, responses {limits.outbound}"
    blocked = f"{tally.blocked:,}{_share(tally.blocked, tally.requests)}"
    yield _line("Would be blocked", blocked + (terms if limits.inbound else ""))
    if limits.watched > limits.paranoia:
        levels = (f"{level}: {count:,}" for level, count in enumerate(tally.levels[: limits.watched], 1))
        yield _line("By paranoia level", "   ".join(levels))
    if tally.matched > tally.blocked:
        yield _line("Matched, not blocked", f"{tally.matched - tally.blocked:,}, by rules of all levels")
    yield from _losses(report, run)


def _losses(report: Summary, run: Run) -> Iterator[str]:
    """Say what was not inspected, or not in full."""
    tally = report.tally
    for reason, count in sorted(run.missed.items()):
        yield _line("Not inspected", f"{count:,} ({reason})")
    if tally.limit_reached:
        yield _line("Not fully inspected", f"{tally.limit_reached:,} (match limit)")
    if tally.cut:
        yield _line("Body cut", f"{tally.cut:,} (max_inspected_body, or lost packets)")
    for kind, count in sorted(tally.left_out.items()):
        yield _line("Not in the lists", f"{count:,} (too many {kind})")
    yield from run.notes


def _line(name: str, text: str) -> str:
    return f"{name:<{_NAME}}{text}"


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.2f} %)" if whole else ""


def _places(title: str, places: tuple[Place, ...], rows: int, width: int) -> Iterator[str]:
    if not places:
        return
    yield f"{title}   {len(places):,}"
    for place in places[:rows]:
        yield _cut(f"  {place.first.blocked:>7,}  {place.host}{place.path} {place.variable}".rstrip(), width)
        yield f"           {_seen(place)}"
        for rule, row in place.rules[:_RULES]:
            yield _cut(f"           {rule} {row.message}", width)
        yield from _more(len(place.rules) - _RULES, "rules")
        if place.first.evidence:
            yield _cut(f"           {place.first.evidence}", width)
        yield from (f"           {line}" for line in place.exclusion)
    yield from _more(len(places) - rows, "(-n)")
    yield ""


def _seen(place: Place) -> str:
    row, number = place.first, len(place.clients)
    logged_in = f", {row.logged_in:,} logged in" if row.logged_in else ""
    return f"{number:,} client{'' if number == 1 else 's'}, {row.answered:,} of {row.hits:,} answered well{logged_in}"


def _attackers(report: Summary, rows: int, width: int) -> Iterator[str]:
    if not report.attackers:
        return
    yield f"Attacks by client   {len(report.attackers):,}"
    for name, client in report.attackers[:rows]:
        yield f"  {client.blocked:>7,}  {name}, of {client.requests:,} requests"
        yield _cut(f"           {_kinds(client)}", width)
        if client.evidence:
            yield _cut(f"           {client.evidence}", width)
    yield from _more(len(report.attackers) - rows, "(-n)")
    yield ""


def _kinds(client: Client) -> str:
    ordered = sorted(client.attacks.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{_KINDS.get(kind, kind)} {count:,}" for kind, count in ordered)


def _more(number: int, what: str) -> Iterator[str]:
    if number > 0:
        yield f"           and {number:,} more {what}"


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "\u2026"


def summary_json(report: Summary, run: Run) -> str:
    """Return one JSON object for programs."""
    tally = report.tally
    return json.dumps(
        {
            "files": run.files,
            "rules": run.rules,
            "paranoia": report.limits.paranoia,
            "threshold": report.limits.inbound,
            "outbound_threshold": report.limits.outbound,
            "requests": tally.requests,
            "matched": tally.matched,
            "blocked": tally.blocked,
            "blocked_by_paranoia": tally.levels[: report.limits.watched],
            "blocked_by_rule": {str(rule): count for rule, count in sorted(tally.rules.items()) if count},
            "not_inspected": dict(sorted(run.missed.items())),
            "match_limit_reached": tally.limit_reached,
            "body_cut": tally.cut,
            "left_out": dict(sorted(tally.left_out.items())),
            "notes": run.notes,
            "false_positives": [_place(place) for place in report.false_positives],
            "attackers": [_client(name, client) for name, client in report.attackers],
            "unclear": [_place(place) for place in report.unclear],
        }
    )


def _place(place: Place) -> dict[str, Any]:
    return {
        "host": place.host,
        "path": place.path,
        "variable": place.variable,
        "clients": len(place.clients),
        "ordinary_clients": place.ordinary,
        "rules": [_rule(rule, row) for rule, row in place.rules],
        "exclusion": place.exclusion,
    }


def _rule(rule: int, row: Row) -> dict[str, Any]:
    return {
        "rule": rule,
        "message": row.message,
        "attack": row.attack,
        "paranoia": row.level,
        "response": row.of_response,
        "matched": row.hits,
        "blocked": row.blocked,
        "answered_well": row.answered,
        "logged_in": row.logged_in,
        "evidence": row.evidence,
    }


def _client(name: str, client: Client) -> dict[str, Any]:
    return {
        "client": name,
        "requests": client.requests,
        "blocked": client.blocked,
        "attacks": dict(sorted(client.attacks.items())),
        "rules": sorted(client.rules),
        "paths": len(client.paths),
        "evidence": client.evidence,
    }
