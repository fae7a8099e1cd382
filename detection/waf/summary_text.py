"""Writes the report of a dry run as text or JSON. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from detection.waf.summary import Place, Summary
from detection.waf.tally import Client, Row

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
    if not report.tally.blocked:
        lines.append("No request would be blocked.")
    return "\n".join(lines).rstrip("\n")


def _head(report: Summary, run: Run) -> Iterator[str]:
    tally, limits = report.tally, report.limits
    yield f"{', '.join(run.files)}   {run.rules}"
    yield ""
    yield f"Requests        {tally.requests:,}"
    yield f"Would be blocked  {tally.blocked:,}{_share(tally.blocked, tally.requests)}" + (
        f"   paranoia level {limits.paranoia}, threshold {limits.inbound}, responses {limits.outbound}"
        if limits.inbound
        else ""
    )
    if limits.watched > limits.paranoia:
        levels = "   ".join(f"{level}: {count:,}" for level, count in enumerate(tally.levels[: limits.watched], 1))
        yield f"By paranoia level  {levels}"
    if tally.matched > tally.blocked:
        yield f"Matched, not blocked  {tally.matched - tally.blocked:,}"
    for reason, count in sorted(run.missed.items()):
        yield f"Not inspected   {count:,} ({reason})"
    if tally.limit_reached:
        yield f"Not fully inspected  {tally.limit_reached:,} (match limit)"
    if tally.cut:
        yield f"Body cut        {tally.cut:,}, so that rules saw its beginning only (max_inspected_body)"
    for kind, count in sorted(tally.left_out.items()):
        yield f"Not in the lists  {count:,} (too many {kind})"
    yield from run.notes


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
        yield _cut(f"  {client.blocked:>7,}  {name}  of {client.requests:,} requests: {_kinds(client)}", width)
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
