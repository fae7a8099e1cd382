"""Bodies whose content codings are not what they claim, and responses that no web server writes."""

from collections.abc import Iterator

from detection.coding_signs import coding_signs
from detection.evasions import OF_REQUESTS, OF_RESPONSES, Found, Series, verdict
from detection.inspector import Inspected
from detection.response_signs import response_signs
from traffic.finding import Finding


class ContentEvasion:
    """What the detector `evasion` cannot see, for it takes whole heads and bodies. The rules have the same prefix."""

    name, title = "content_evasion", "Bodies that may evade inspection"

    def __init__(self) -> None:
        self._series = Series()

    def inspect(self, exchange: Inspected) -> Iterator[Finding]:
        """See `detection.inspector`."""
        told, request, response = exchange.content, exchange.request, exchange.response
        if response is not None:
            whole = not told.missing_bytes and not response.cut
            found = [*coding_signs(response, told.response_body, whole=whole)]
            found += response_signs(request, response, told.response_bytes)
            yield from self._judged(exchange, found, response=True)
        if request is not None:
            whole = not told.missing_bytes and not request.cut
            yield from self._judged(exchange, [*coding_signs(request, told.request_body, whole=whole)], response=False)

    def _judged(self, exchange: Inspected, found: list[Found], *, response: bool) -> Iterator[Finding]:
        told, judged = exchange.content, verdict(found)
        ends = (told.server, told.client) if response else (told.client, told.server)
        if judged is None or not self._series.is_new(judged, *ends, told.path, told.time):
            return
        sender = f"the server {told.server} sent a response" if response else f"{told.client} sent a request"
        yield Finding(
            told.time, judged.rule, self.name, judged.severity, told.client, told.client_port, told.server,
            told.server_port, told.host, told.path, f"{sender} that may evade inspection: {judged.text}",
            technique=OF_RESPONSES if response else OF_REQUESTS,
        )  # fmt: skip
