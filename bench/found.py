"""Compares what a tool found in a capture with the truth of its generator.

Tools print a line for each message or exchange: request target, status, and the target or URL that was answered,
separated by tabs, with `-` or nothing for unknown values.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Found(NamedTuple):
    """How much of the truth a tool found."""

    requests: int
    """Requests with a target that was really requested."""
    responses: int
    transactions: int
    """Requests with the status of their response; 0 for a tool that does not pair."""
    wrong: int
    """Requests with the status of another request."""
    all_transactions: int
    """Transactions in the truth."""
    whole: int
    """Those of which the capture has every packet."""
    whole_requests: int
    """Requests found of those."""
    whole_transactions: int

    def texts(self) -> tuple[str, str, str]:
        """Return the columns: requests and transactions found where no packet is missing, and wrong ones."""
        pairs = self.transactions > 0
        return (
            _part(self.whole_requests, self.whole),
            _part(self.whole_transactions, self.whole) if pairs else "does not pair",
            f"{self.wrong:,}" if pairs else "-",
        )


def found_by(output: Path, truth: Path) -> Found:
    """Compare a tool's output with the truth of the capture it read."""
    statuses: dict[str, int] = {}
    whole: set[str] = set()
    for line in truth.read_text().splitlines():
        fact = json.loads(line)
        statuses[fact["target"]] = fact["status"]
        if not fact["missing"]:
            whole.add(fact["target"])
    requests: set[str] = set()
    pairs: set[tuple[str, int]] = set()
    responses = 0
    for target, status, answered in _lines(output):
        requests.add(target)
        responses += bool(status)
        if status and answered:
            pairs.add((answered, int(status)))
    right = {target for target, status in pairs if statuses.get(target) == status}
    return Found(
        requests=len(requests & statuses.keys()),
        responses=responses,
        transactions=len(right),
        wrong=len({target for target, status in pairs if statuses.get(target, status) != status}),
        all_transactions=len(statuses),
        whole=len(whole),
        whole_requests=len(whole & requests),
        whole_transactions=len(whole & right),
    )


def _lines(output: Path) -> Iterator[tuple[str, str, str]]:
    for line in output.read_text(errors="replace").splitlines():
        target, status, answered = (*(text.strip("-") for text in line.split("\t")), "", "", "")[:3]
        if status.isdecimal() or target.startswith("/"):
            yield target, status, _path(answered)


def _path(answered: str) -> str:
    """Return the path of a URL or a request target."""
    if answered.startswith("http://"):
        return "/" + answered.removeprefix("http://").partition("/")[2]
    return answered


def _part(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}" + ("" if part == whole else f" ({100 * part / whole:.2f} %)")
