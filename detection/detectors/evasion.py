"""Messages that recipients read in different ways, so that what one of them checks is not what another one gets."""

from collections.abc import Iterator, Sequence
from typing import Final

from detection.evasions import ENOUGH_LOW, NEEDS_ALL_BYTES, SIGNS
from detection.exchanges import Row, chosen, host_of, marked
from detection.tally import Distinct, Repeats
from traffic.batch import Batch
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

PAUSE: Final = 600.0
"""Seconds until the same rule is reported again for the same server, client and path."""
MOST_PATHS: Final = 100
"""Paths per rule, server and client in ten minutes that are reported. More of them tell nothing new."""
OF_RESPONSES: Final = "T1027"
"""Obfuscated files or information, also in transit."""
OF_REQUESTS: Final = "T1190"
"""Exploit public-facing application: request smuggling."""


class Evasion:
    """Exchanges of HTTP/1 whose framing or head has oddities that are signs of evasion.

    A server sends such responses past a firewall that scans files; a client sends such requests past a proxy.
    """

    name, title, records = "evasion", "Messages that can be read in two ways", (Exchange,)

    def __init__(self) -> None:
        self._repeats = Repeats(PAUSE)
        self._paths = Distinct(PAUSE, most=MOST_PATHS)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        oddities = table.texts("oddities")
        if not any(oddities.values):
            return
        of_response, missing = table.numbers("response_oddities"), table.numbers("missing_bytes")
        for row in chosen(table, marked(oddities, bool), "client", "path", "oddities"):
            names = (row.texts[2] or "").split(", ")
            if missing[row.number]:
                names = ["" if name in NEEDS_ALL_BYTES else name for name in names]
            parts = int(of_response[row.number])
            host, port = host_of(table, row.number), int(table.numbers("client_port")[row.number])
            yield from self._judged(row, host, port, names[:parts], response=True)
            yield from self._judged(row, host, port, names[parts:], response=False)

    def _judged(self, row: Row, host: str, port: int, names: Sequence[str], *, response: bool) -> Iterator[Finding]:
        severity, rule, seen = judge(names, response=response)
        client, path = row.texts[0] or "", row.texts[1] or ""
        key = f"{rule} {row.server} {client}"
        if not rule or self._paths.add(key, row.time, path) >= MOST_PATHS:
            return
        if self._repeats.is_first(f"{key} {path}", row.time):
            sender = f"the server {row.server}" if response else f"the client {client}"
            what = "response" if response else "request"
            yield Finding(
                row.time, f"{self.name}/{rule}", self.name, severity, client, port, row.server, row.server_port,
                host, path, f"{sender} sent a {what} that can be read in two ways: {', '.join(seen)}",
                technique=OF_RESPONSES if response else OF_REQUESTS,
            )  # fmt: skip


def judge(names: Sequence[str], *, response: bool) -> tuple[str, str, list[str]]:
    """Judge the oddities of a message: severity, rule and the signs among them; the rule is empty if there are none."""
    signs = [(name, SIGNS[name]) for name in names if name in SIGNS]
    found = [
        (severity, sign.rule, name) for name, sign in signs if (severity := sign.response if response else sign.request)
    ]
    if not found:
        return "", "", []
    severe = next((each for each in found if each[0] == MEDIUM), found[0])
    enough = len({rule for _, rule, _ in found}) >= ENOUGH_LOW
    return MEDIUM if enough else severe[0], severe[1], [name for _, _, name in found]
