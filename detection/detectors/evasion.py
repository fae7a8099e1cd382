"""Messages that recipients read in different ways, so that what one of them checks is not what another one gets."""

from collections.abc import Iterator, Sequence

from detection.evasions import NEEDS_ALL_BYTES, OF_REQUESTS, OF_RESPONSES, SIGNS, Found, Series, verdict
from detection.exchanges import Row, chosen, host_of, marked
from traffic.batch import Batch
from traffic.finding import Finding
from traffic.records import Exchange


class Evasion:
    """Exchanges of HTTP/1 whose framing or head has oddities that are signs of evasion.

    A server sends such responses past a firewall that scans files; a client sends such requests past a proxy.
    """

    name, title, records = "evasion", "Messages that may evade inspection", (Exchange,)

    def __init__(self) -> None:
        self._series = Series()

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        oddities = table.texts("oddities")
        if not any(oddities.values):
            return
        of_response, missing = table.numbers("response_oddities"), table.numbers("missing_bytes")
        ports = table.numbers("client_port")
        for row in chosen(table, marked(oddities, bool), "client", "path", "oddities"):
            names = (row.texts[2] or "").split(", ")
            if missing[row.number]:
                names = ["" if name in NEEDS_ALL_BYTES else name for name in names]
            end = int(of_response[row.number])
            host, port = host_of(table, row.number), int(ports[row.number])
            yield from self._judged(row, host, port, signs(names[:end], response=True), response=True)
            yield from self._judged(row, host, port, signs(names[end:], response=False), response=False)

    def _judged(self, row: Row, host: str, port: int, found: Sequence[Found], *, response: bool) -> Iterator[Finding]:
        judged, client, path = verdict(found), row.texts[0] or "", row.texts[1] or ""
        ends = (row.server, client) if response else (client, row.server)
        if judged is None or not self._series.is_new(judged, *ends, path, row.time):
            return
        sender = f"the server {row.server} sent a response" if response else f"{client} sent a request"
        yield Finding(
            row.time, judged.rule, self.name, judged.severity, client, port, row.server, row.server_port, host, path,
            f"{sender} that may evade inspection: {judged.text}",
            technique=OF_RESPONSES if response else OF_REQUESTS,
        )  # fmt: skip


def signs(names: Sequence[str], *, response: bool) -> list[Found]:
    """Return the signs among the oddities of a message."""
    known = [(name, SIGNS[name]) for name in names if name in SIGNS]
    judged = [(sign.response if response else sign.request, sign.rule, name) for name, sign in known]
    return [Found(*each) for each in judged if each[0]]
