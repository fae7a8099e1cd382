"""Pairs responses with requests.

Responses come in the order of their requests (RFC 9112 section 9.3), so a queue pairs them while both directions are
complete. After a loss the queue is not trusted: an earlier request may have been answered by lost bytes, and a response
may answer a lost request. Then TCP's own numbers decide. A client that waits for each response before its next request
acknowledges with that request everything answered before, so its answer starts at exactly the byte that the request
acknowledged. Only such a response is paired, and then the queue is trusted again. A client that was seen to pipeline
gives no such proof, so its exchanges stay unpaired after a loss. Lost bytes may also hide pipelining. So if requests
may be missing, the next one is trusted only if it also acknowledges a response that the server sent after receiving all
bytes before that request: then the missing bytes were not sent together with it. Without such a response, the pair must
be confirmed: the client's next request, or the FIN with which it closes first, acknowledges its response and nothing
after it, so no other was outstanding. A client that pipelines only now and then, always in lost bytes, goes undetected.
"""

from typing import Final

from traffic.clients import Clients
from traffic.exchanges import Exchanges
from traffic.fields import UNKNOWN, UNTIL_CLOSE
from traffic.head import RequestHead, ResponseHead, contradicts
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.listener import MessageStart, Reading
from traffic.messages import Reader
from traffic.outbox import Outbox
from traffic.pending import PendingRequest, PendingResponse
from traffic.readers import RequestReader
from traffic.records import EVICTED, GAP, MALFORMED, Request
from traffic.segment import after
from traffic.stream import Stream
from traffic.text import printable

_NO_BODY: Final = frozenset({204, 304})


class Pairing(Exchanges):
    """Pairs the requests and responses of one connection."""

    __slots__ = ("certain", "count", "interim", "last", "lossy", "pipelined")

    def __init__(
        self, clients: Clients, server: Stream, limits: Limits, health: Health, budget: Budget, outbox: Outbox
    ) -> None:
        super().__init__(clients, server, limits, health, budget, outbox)
        self.count = 0
        """Number of requests so far."""
        self.interim = False
        self.certain = True
        self.pipelined = False
        self.last: MessageStart | None = None
        """Start of the last response head, interim responses included, or of skipped bytes of a response."""
        self.lossy = False
        """Whether requests may be missing before the next one."""

    # messages reported by the readers ---------------------------------------------------------------------------------

    def request(self, head: RequestHead, place: MessageStart) -> int:
        """Handle a complete request head. See `Listener`."""
        limit = self.limits.string_length
        fields = head.fields
        client, malformed = self.clients.named(fields.forwarding)
        request = Request(
            place.time,
            *self.clients.ends(client),
            head.method[:limit],
            printable(fields.host, limit),
            printable(head.target, limit),
            head.version[:limit],
            printable(fields.user_agent, limit),
            printable(fields.referrer, limit),
            self.count + 1,
            fields.named_text(limit),
            self.clients.addresses.client,
        )
        self._note(self.requests, fields.oddities)
        if self.requests is not None and contradicts(head.target, fields.host):
            self.requests.note("Host differs from the target")
        if malformed and self.requests is not None:
            self.requests.note("bad client address")
        self._before(place)
        pending = PendingRequest(request, place, self.certain, not self.lossy)
        self.pending.append(pending)
        self.budget.used += pending.cost
        self.uploading = pending
        self.health.requests += 1
        self.count += 1
        self.outbox.add(request)
        return 0 if fields.length is None else fields.length

    def response(self, head: ResponseHead, place: MessageStart) -> int:
        """Handle a complete response head. See `Listener`."""
        status = head.status
        self.last = place
        self.interim = 100 <= status < 200 and status != 101
        if isinstance(self.requests, RequestReader) and not 100 < status < 200:
            self.requests.answered(status)
        if self.interim:
            return 0
        self._note(self.responses, head.fields.oddities)
        if status == 101 and not head.fields.upgrade and self.responses is not None:
            self.responses.note("101 without Upgrade")
        request = self._answered(place)
        pending = request if request is not None and (request.certain or request.provable) else None
        content_type = printable(head.fields.media_type, self.limits.string_length)
        headers = head.fields.named_text(self.limits.string_length)
        self.answer = PendingResponse(pending, status, place.time, content_type, headers)
        if pending is None:
            self.answer.likely = request
            # Requests and responses are out of step, and this response may answer a HEAD, so its end is unknown too.
            self.responses_lost()
        method = pending.request.method if pending is not None else ""
        if status == 101 or (method == "CONNECT" and 200 <= status < 300):
            self._tunnel(head, place.time)
            return 0
        if method == "HEAD" or status in _NO_BODY:
            return 0
        length = head.fields.length
        return UNTIL_CLOSE if length is None or length == UNKNOWN else length

    def unpaired(self) -> bool:
        """See `Listener`."""
        return self.answer is not None and self.answer.pending is None

    def answering(self) -> None:
        """Take a pending HTTP/0.9 request, now that the server answers. See `Listener`."""
        requests = self.requests
        if isinstance(requests, RequestReader) and requests.buffer:
            requests.simple_request()

    def simple(self) -> bool:
        """See `Listener`."""
        return bool(self.pending) and self.pending[0].certain and self.pending[0].request.version == "0.9"

    def headless(self, place: MessageStart) -> bool:
        """Return whether an answer has no head. See `Listener`."""
        if not self.simple():
            return False
        self.answer = PendingResponse(self._first(), None, place.time, "")
        return True

    def ended(self, reader: Reading, time: float | None) -> None:
        """Handle the end of a message. See `Listener`."""
        if reader is self.requests:
            self._upload_ended(reader, time)
        elif self.interim:
            self.interim = False
        elif self.answer is not None:
            answer, self.answer = self.answer, None
            self._answer_ended(answer, reader, time)

    # losses -----------------------------------------------------------------------------------------------------------

    def lost(self, reader: Reading, *, malformed: bool) -> None:
        """Note that a reader lost its position. See `Listener`."""
        if reader is self.requests:
            self.requests_lost()
            if self.uploading is not None:
                self._upload_ended(reader, None)
            return
        if self.finished is not None and self.finished[0].likely is not None:
            self._flush_finished()  # no later request has confirmed it
        ending = MALFORMED if malformed else GAP
        if self.answer is not None:
            answer, self.answer = self.answer, None
            answer.received(reader)
            self._give(answer, None, ending)
        elif malformed and self.pending and self.pending[0].certain:
            self._unanswered(self._first(), ending, reader.place.time, reader.oddities)
        self.responses_lost()

    def skipped(self, reader: Reading, place: MessageStart) -> None:
        """Note bytes that belong to no known message. See `Listener`."""
        if reader is self.requests:
            self.requests_lost()
        else:
            self.last = place
            self.responses_lost()

    def requests_lost(self) -> None:
        """Note that requests may be missing."""
        self.certain, self.lossy = False, True

    def responses_lost(self) -> None:
        """Note that responses may be missing, so that waiting requests may have been answered."""
        self.certain = False
        for pending in self.pending:
            pending.certain = False

    # the end ----------------------------------------------------------------------------------------------------------

    def close(self, ending: str, time: float) -> None:
        """Close the connection and emit everything that waits."""
        self._flush_finished()
        answer, reader = self.answer, self.responses
        if answer is not None and reader is not None:
            self.answer = None
            answer.received(reader)
            self._give(answer, None, ending, time)
        self._give_up(ending, time)

    def close_body(self, time: float) -> None:
        """End the server's stream, which completes a body delimited by it (RFC 9112 section 6.3)."""
        answer, reader = self.answer, self.responses
        if answer is not None and reader is not None:
            self.answer = None
            self._answer_ended(answer, reader, time)

    # helpers ----------------------------------------------------------------------------------------------------------

    def _before(self, place: MessageStart) -> None:
        """Check what still waits when a request arrives."""
        self.confirm(place.ack)
        self._flush_finished()
        if self._misses_answer(place):
            self.responses_lost()
        if self.certain:
            self.pipelined = self.pipelined or bool(self.pending) or self.answer is not None
        elif self.pending and self.pending[-1].ack == place.ack:
            self.pipelined = True
        elif self.pending and not self.pipelined:
            self._give_up(GAP, place.time)
        if self.lossy and self._answers_all_before(place):
            self.lossy = False
        if len(self.pending) >= self.limits.pending_requests or (self.pending and self.budget.used > self.budget.limit):
            self.health.oddities["too many pending requests"] += 1
            self.pipelined, self.certain = True, False
            self._give_up(EVICTED, place.time)

    def confirm(self, ack: int) -> None:
        """Pair a complete response with its likely request if the client acknowledges it and nothing more."""
        if self.finished is None or self.pending or ack != self.server.next:
            return
        answer = self.finished[0]
        if answer.likely is not None:
            answer.pending, answer.likely = answer.likely, None

    def _misses_answer(self, place: MessageStart) -> bool:
        """Return whether the request acknowledges an answer to the waiting one, although no server byte was seen."""
        if not self.certain or not self.pending or self.server.next >= 0:
            return False
        acks = (place.ack, self.pending[-1].ack)
        return min(acks) >= 0 and after(*acks) > 0

    def _answers_all_before(self, place: MessageStart) -> bool:
        """Return whether the request acknowledges a response that was sent after all earlier request bytes came."""
        last = self.last
        return last is not None and after(last.seq, place.ack) < 0 and last.ack >= 0 and after(last.ack, place.seq) >= 0

    def _answered(self, place: MessageStart) -> PendingRequest | None:
        """Return the request that a response answers, certainly if it is certain or provable."""
        self._flush_finished()
        if not self.pending:
            return None
        first = self.pending[0]
        if first.certain:
            return self._first()
        if len(self.pending) > 1 or self.pipelined or first.ack != place.seq:
            return None
        if place.ack < 0 or after(place.ack, first.seq) <= 0:
            self.pipelined = True  # sent before the server had any of this request, so it answers another
            return None
        self.certain = not self.lossy
        return self._first()

    def _tunnel(self, head: ResponseHead, time: float) -> None:
        """Stop reading HTTP: the connection now carries something else (RFC 9110 sections 7.8 and 9.3.6)."""
        kind = printable(head.fields.upgrade, 32) if head.status == 101 else "tunnel"
        known = {"websocket": "WebSocket", "h2c": "HTTP/2", "tunnel": "CONNECT tunnel"}
        self.health.unreadable[known.get(kind.lower(), "upgraded")] += 1
        for reader in (self.requests, self.responses):
            if reader is not None:
                reader.close()
        if self.responses is not None:
            self.responses.body_bytes = self.responses.missing = 0
            self.ended(self.responses, time)

    def _note(self, reader: Reader | None, oddities: tuple[str, ...]) -> None:
        for name in oddities:
            if reader is not None:
                reader.note(name)
