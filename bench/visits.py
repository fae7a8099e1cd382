"""Requests and responses as a busy web host sees them: heads of browsers and nginx, bodies of 0.1 to 100 kB."""

from random import Random
from typing import Final, NamedTuple

HOSTS: Final = (
    *("www.example.com", "shop.example.com", "api.example.com", "static.example.com", "blog.example.com"),
    *(f"tenant{number:02}.example.net" for number in range(40)),
)
FOLDERS: Final = ("", "cart", "search", "users", "orders", "images", "css", "js", "v1", "news", "help", "account")
LEAVES: Final = ("", "index.html", "list", "detail/view", "a/b/c.json", "logo.png", "main.css", "app.js", "feed.xml")
USER_AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4",
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
    "python-requests/2.31.0",
    "okhttp/4.12.0",
    "kube-probe/1.29",
)
BODY_SIZES: Final = (100, 1_000, 10_000, 100_000)
BODY_WEIGHTS: Final = (40, 40, 18, 2)
"""Percent; with these a request takes about seven packets."""
TYPES: Final = ("text/html; charset=utf-8", "text/plain", "text/css", "application/octet-stream")
STATUSES: Final = (
    (200, "OK"),
    (304, "Not Modified"),
    (404, "Not Found"),
    (302, "Found"),
    (500, "Internal Server Error"),
)
STATUS_WEIGHTS: Final = (86, 6, 4, 3, 1)

_WORDS: Final = ("<p>the", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs</p>", "price:", "12.50", "EUR,")
_CONTENT: Final = " ".join(Random(1).choices(_WORDS, k=BODY_SIZES[-1])).encode()


class HttpPair(NamedTuple):
    """One request with its response, as on the wire."""

    method: str
    host: str
    target: str
    status: int
    request: bytes
    response: bytes
    request_body: int
    """Bytes."""
    response_body: int
    """Bytes, without chunk framing."""


class Visitor:
    """A client that uses the same browser and cookie in each request of a connection."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._host = random.choices(HOSTS, [50 / (rank + 1) for rank in range(len(HOSTS))])[0]
        self._fields = self._own_fields()

    def visit(self, number: int) -> HttpPair:
        """Make the next visit; `number` makes its target unique in the capture."""
        random = self._random
        method = random.choices(("GET", "POST", "HEAD", "PUT"), (89, 8, 2, 1))[0]
        target = f"/{random.choice(FOLDERS)}/{random.choice(LEAVES)}?id={number:x}"
        sent = self._body() if method in ("POST", "PUT") else b""
        status, reason = random.choices(STATUSES, STATUS_WEIGHTS)[0]
        body = b"" if status == 304 else self._body()
        head, framed = self._response(f"{status} {reason}", body, random.random() < 0.1)
        return HttpPair(
            method,
            self._host,
            target,
            status,
            self._request(method, target, sent),
            head if method == "HEAD" else head + framed,
            len(sent),
            0 if method == "HEAD" else len(body),
        )

    def _own_fields(self) -> str:
        random = self._random
        cookie = f"session={random.getrandbits(128):032x}"
        if random.random() < 0.5:
            cookie += f"; _ga=GA1.2.{random.getrandbits(30)}.{random.getrandbits(30)}; theme=dark; lang=en"
        if random.random() < 0.02:
            cookie += f"; basket={random.randbytes(700).hex()}"
        return (
            f"Host: {self._host}\r\n"
            f"User-Agent: {random.choice(USER_AGENTS)}\r\n"
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
            "Accept-Language: en-US,en;q=0.5\r\n"
            "Accept-Encoding: gzip, deflate, br\r\n"
            f"Referer: http://{self._host}/\r\n"
            f"Cookie: {cookie}\r\n"
            "Connection: keep-alive\r\n"
        )

    def _body(self) -> bytes:
        size = self._random.choices(BODY_SIZES, BODY_WEIGHTS)[0]
        start = self._random.randrange(BODY_SIZES[-1])
        return _CONTENT[start : start + size]

    def _request(self, method: str, target: str, body: bytes) -> bytes:
        length = f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n" if body else ""
        return f"{method} {target} HTTP/1.1\r\n{self._fields}{length}\r\n".encode() + body

    def _response(self, status: str, body: bytes, chunked: bool) -> tuple[bytes, bytes]:
        """Return the head and the framed body."""
        framing = "Transfer-Encoding: chunked" if chunked and body else f"Content-Length: {len(body)}"
        head = (
            f"HTTP/1.1 {status}\r\n"
            "Server: nginx/1.24.0\r\n"
            "Date: Tue, 14 May 2024 09:00:00 GMT\r\n"
            f"Content-Type: {self._random.choice(TYPES)}\r\n"
            "Last-Modified: Mon, 13 May 2024 18:12:43 GMT\r\n"
            'ETag: "66425a0b-2710"\r\n'
            "Cache-Control: max-age=60\r\n"
            "Connection: keep-alive\r\n"
            f"{framing}\r\n\r\n"
        )
        return head.encode(), _chunks(body) if chunked and body else body


def _chunks(body: bytes, size: int = 4096) -> bytes:
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
