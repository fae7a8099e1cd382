"""Records as the decoder gives them, and monitors to hand them to."""

from traffic.records import COMPLETE, RESET, Exchange, Request


def request(time: float, client: str = "198.51.100.7", target: str = "/", port: int = 40000) -> Request:
    return Request(time, client, port, "192.0.2.1", 80, "GET", "example.com", target, "1.1", "", "")


def requests(time: float, count: int, client: str = "198.51.100.7", target: str = "/") -> list[Request]:
    return [request(time, client, target)] * count


def exchange(
    asked: Request, status: int | None = 200, seconds: float = 0.05, size: int = 1000, ending: str = ""
) -> Exchange:
    """What becomes of a request that takes `seconds`; without a status the connection was reset."""
    end = asked.time + seconds
    known = None if status is None else seconds
    return Exchange(
        time=end,
        client=asked.client,
        client_port=asked.client_port,
        server=asked.server,
        server_port=asked.server_port,
        request=asked,
        status=status,
        request_bytes=0,
        response_bytes=size,
        response_time=known,
        total_time=known,
        content_type="text/html",
        missing_bytes=0,
        ending=ending or (RESET if status is None else COMPLETE),
        answered=None if status is None else end,
    )
