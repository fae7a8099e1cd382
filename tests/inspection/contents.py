"""Contents of exchanges, made by hand."""

from traffic.content import Content

HEAD = b"POST %s HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"


def content(path: str = "/", body: bytes = b"", response: bytes = b"", time: float = 1000.0) -> Content:
    """Return an exchange with these bodies."""
    return Content(
        time=time,
        client="203.0.113.9",
        client_port=40000,
        server="10.0.0.5",
        server_port=80,
        host="shop.example.com",
        path=path,
        request_head=HEAD % path.encode(),
        request_body=body,
        request_bytes=len(body),
        response_head=b"HTTP/1.1 200 OK\r\n\r\n",
        response_body=response,
        response_bytes=len(response),
        missing_bytes=0,
    )
