"""The exchanges of one connection: what waits to be complete, and the records that it becomes."""

from traffic.clients import Clients
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.listener import Listener, Reading
from traffic.messages import Reader
from traffic.outbox import Outbox
from traffic.pending import Addresses, PendingRequest, PendingResponse
from traffic.records import COMPLETE, GAP, Exchange, Request
from traffic.stream import Stream


class Exchanges(Listener):
    """The requests and responses of one connection from when they start until they are emitted."""

    __slots__ = (
        "answer",
        "budget",
        "clients",
        "finished",
        "health",
        "limits",
        "outbox",
        "pending",
        "requests",
        "responses",
        "server",
        "uploading",
    )

    def __init__(
        self, clients: Clients, server: Stream, limits: Limits, health: Health, budget: Budget, outbox: Outbox
    ) -> None:
        self.clients = clients
        self.server = server
        self.limits = limits
        self.health = health
        self.budget = budget
        self.outbox = outbox
        self.requests: Reader | None = None
        self.responses: Reader | None = None
        self.pending: list[PendingRequest] = []
        self.uploading: PendingRequest | None = None
        """The request whose body is being sent."""
        self.answer: PendingResponse | None = None
        self.finished: tuple[PendingResponse, float | None] | None = None
        """An answer that came before the whole request was sent, or that is not confirmed yet, and when it ended."""

    def _first(self) -> PendingRequest:
        """Remove and return the oldest waiting request."""
        first = self.pending.pop(0)
        self.budget.used -= first.cost
        return first

    def _upload_ended(self, reader: Reading, time: float | None) -> None:
        pending, self.uploading = self.uploading, None
        if pending is None:
            return
        pending.sent(reader)
        pending.done_at, pending.end = time, True
        if self.finished is not None and self.finished[0].pending is pending:
            self._flush_finished()
        if pending.request.method == "CONNECT" and self.requests is not None:
            self.requests.pause()

    def _answer_ended(self, answer: PendingResponse, reader: Reading, time: float | None) -> None:
        answer.received(reader)
        pending = answer.pending
        if pending is not None and pending.request.method == "CONNECT" and self.requests is not None:
            self.requests.resume(tunnel=answer.status is not None and answer.status < 300)
        if answer.likely is not None or (pending is not None and not pending.end):
            self.finished = (answer, time)  # not proven yet, or the answer came before the whole request was sent
        else:
            self._give(answer, time, COMPLETE)

    def _flush_finished(self) -> None:
        if self.finished is not None:
            answer, time = self.finished
            self.finished = None
            self._give(answer, time, COMPLETE)

    def _give(self, answer: PendingResponse, time: float | None, ending: str, now: float | None = None) -> None:
        pending = answer.pending
        if pending is not None and not pending.end and self.requests is not None:
            pending.cut_off(self.requests, self.server.peer.given_up())
        started = pending.request.time if pending is not None else None
        end = time if time is not None else now if now is not None else answer.time
        if pending is not None and pending.done_at is not None:
            end = max(end, pending.done_at)
        whole = ending == COMPLETE and time is not None
        exchange = Exchange(
            end,
            *self._ends(pending),
            request=pending.request if pending is not None else None,
            status=answer.status,
            request_bytes=pending.body_bytes if pending is not None else 0,
            response_bytes=answer.body_bytes,
            response_time=_span(started, answer.time),
            total_time=_span(started, time) if whole else None,
            content_type=answer.content_type,
            missing_bytes=answer.missing + (pending.missing if pending is not None else 0),
            ending=ending,
            answered=answer.time,
            oddities=answer.oddities + pending.oddities if pending is not None else answer.oddities,
            response_headers=answer.headers,
            protocol=_protocol(pending.request) if pending is not None else "",
            source=self.clients.addresses.client,
            response_oddities=len(answer.oddities),
        )
        self._emit(exchange)
        if pending is None:
            self.health.unpaired_responses += 1
        if answer.likely is not None:
            self.pending.insert(0, answer.likely)  # it waits again
            self.budget.used += answer.likely.cost

    def _give_up(self, ending: str, time: float) -> None:
        """Emit every waiting request as unanswered."""
        while self.pending:
            pending = self._first()
            self._unanswered(pending, ending if pending.certain else GAP, time)

    def _unanswered(self, pending: PendingRequest, ending: str, time: float, of_server: tuple[str, ...] = ()) -> None:
        """Emit a request without a response; `of_server` are oddities of what the server sent in its place."""
        if not pending.end and self.requests is not None:
            pending.cut_off(self.requests, self.server.peer.given_up())
        self.health.unanswered_requests += 1
        self._emit(
            Exchange(
                time,
                *self._ends(pending),
                pending.request,
                status=None,
                request_bytes=pending.body_bytes,
                response_bytes=0,
                response_time=None,
                total_time=None,
                content_type="",
                missing_bytes=pending.missing,
                ending=ending,
                oddities=of_server + pending.oddities,
                protocol=_protocol(pending.request),
                source=self.clients.addresses.client,
                response_oddities=len(of_server),
            )
        )

    def _ends(self, pending: PendingRequest | None) -> Addresses:
        return self.clients.ends(self.clients.first if pending is None else pending.request.client)

    def _emit(self, exchange: Exchange) -> None:
        self.health.exchanges += 1
        self.outbox.add(exchange)


def _protocol(request: Request) -> str:
    """Return the name of the request's version as in ALPN (RFC 7301); empty if the version is unknown."""
    return f"http/{request.version}" if request.version else ""


def _span(start: float | None, end: float | None) -> float | None:
    """Return the seconds between two times; None if one is unknown or they are in the wrong order."""
    return end - start if start is not None and end is not None and end >= start else None
