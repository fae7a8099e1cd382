"""Exchanges that nearly attack: fragments of attacks in each part of ordinary exchanges, encoded in many ways."""

import json
from collections.abc import Sequence
from random import Random
from typing import Final
from urllib.parse import quote, unquote_plus

from crs_cases import FOLDER, Case

from traffic.content import Content

AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "curl/8.4.0",
    "python-requests/2.31.0",
)
ORDINARY: Final = (
    "red shoes", "42", "john.doe@example.com", "2024-05-01T10:00:00Z", "foo_bar", "Hello, how are you today?", "50%",
    "M\u00fcller & S\u00f6hne", "C'est la vie", "https://example.com/a?b=c", "(optional)", "x;y", "a=b",
)  # fmt: skip
FIELDS: Final = (
    "X-Custom", "Accept-Language", "X-Forwarded-For", "Authorization", "X-Filename", "Range", "Cache-Control",
    "Accept-Encoding", "Connection", "If-None-Match", "Content-Type", "TE",
)  # fmt: skip
PLACES: Final = (
    "value", "value", "value", "name", "path", "cookie", "cookie name", "field", "agent", "referer", "form", "json",
    "json name", "multipart", "raw", "method", "host", "response",
)  # fmt: skip


def fragments(cases: Sequence[Case]) -> list[str]:
    """Return parts of requests of the rule set's own tests, and words of its lists."""
    found = set()
    for case in cases:
        head, _, body = case.request.partition(b"\r\n\r\n")
        texts = (head.split(b" ", 2)[1] if head.count(b" ") > 1 else b"", body, *head.split(b"\r\n")[1:])
        for text in b"=".join(texts).decode("latin-1").replace("&", "=").split("="):
            if 1 < len(text) < 300:
                found |= {text, unquote_plus(text)}
    for path in sorted((FOLDER / "rules").glob("*.data")):
        words = path.read_text("latin-1").splitlines()
        found |= {word.strip() for word in words[::40] if word.strip() and not word.startswith("#")}
    return sorted(found)


class Mutations:
    """An endless supply; the same for a seed."""

    def __init__(self, known: Sequence[str], seed: int) -> None:
        self._known = known
        self._random = Random(seed)

    def next(self) -> Content:
        random = self._random
        place, text = random.choice(PLACES), self._text()
        query = [("id", "42")] if random.random() < 0.4 else []
        cookies = {"session": "eyJhbGciOi.abc"} if random.random() < 0.4 else {}
        method, path, body = "GET", "/" + random.choice(("", "index.html", "api/v1/users/42", "a/b/c/")), b""
        fields = {"Host": "shop.example.com", "User-Agent": random.choice(AGENTS), "Accept": "*/*"}
        reply = page = b""
        if place == "value":
            query.append(("name", text))
        elif place == "name":
            query.append((text, "1"))
        elif place == "path":
            path += self._encoded(text).replace("%2F", "/")
        elif place in ("cookie", "cookie name"):
            cookies |= {"c": _field(text)} if place == "cookie" else {_field(text): "1"}
        elif place == "response":
            page = f"<html>{text}</html>".encode("utf-8", "replace")
            reply = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
        elif place == "method":
            method = random.choice(("HEAD", "PUT", "OPTIONS", "DELETE", "POST", "get"))
        elif place in ("field", "agent", "referer", "host"):
            name = {"agent": "User-Agent", "referer": "Referer", "host": "Host"}.get(place, random.choice(FIELDS))
            fields[name] = random.choice(("", "https://shop.example.com/?q=" * (place == "referer"))) + _field(text)
        else:
            method = "POST"
            kind, body = self._body(place, text)
            fields |= {"Content-Type": kind, "Content-Length": str(len(body))}
        if random.random() < 0.1:
            fields.pop(random.choice(list(fields)))
        if cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        pairs = "&".join(f"{self._encoded(name)}={self._encoded(value)}" for name, value in query)
        version = random.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2"))
        head = f"{method} {path}{'?' * bool(pairs)}{pairs} {version}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        return content(head.encode("utf-8", "replace"), body, reply, page)

    def _text(self) -> str:
        random = self._random
        text = random.choice(self._known if random.random() < 0.75 else ORDINARY)
        choice = random.random()
        start = random.randrange(len(text) + 1)
        if choice < 0.45:
            return text[start : start + random.randrange(1, 14)]
        if choice < 0.6:
            return (
                text[:start] + random.choice((" ", "", "x", ".", "-", "\t", "0")) + text[start + random.randrange(3) :]
            )
        return f"{random.choice(ORDINARY)} {text}" if choice < 0.7 else text

    def _encoded(self, text: str) -> str:
        raw, choice = text.encode("utf-8", "replace"), self._random.random()
        if choice < 0.5:
            return quote(raw, safe="")
        if choice < 0.75:
            return quote(raw, safe="-._~!*'();:@,/?").replace("%20", "+")
        if choice < 0.85:
            return "".join(f"%{byte:02x}" for byte in raw)
        return quote(quote(raw, safe=""), safe="") if choice < 0.93 else quote(raw, safe='<>"[]{}|\\^`')

    def _body(self, place: str, text: str) -> tuple[str, bytes]:
        random = self._random
        if place == "form":
            return "application/x-www-form-urlencoded", f"a=1&b={self._encoded(text)}".encode()
        if place == "json":
            document: object = {"a": 1, "b": {"c": [text, True, None, 1.5]}}
            return "application/json", json.dumps(document, ensure_ascii=random.random() < 0.5).encode(
                "utf-8", "replace"
            )
        if place == "json name":
            return "application/vnd.api+json; charset=utf-8", json.dumps({"a": {text: "x"}}).encode()
        if place == "multipart":
            part = f'--b\r\nContent-Disposition: form-data; name="x"; filename="{text}"\r\n\r\n{text}\r\n--b--\r\n'
            return "multipart/form-data; boundary=b", part.encode("utf-8", "replace")
        kinds = ("text/plain", "application/octet-stream", "application/json", "text/xml", "text/" + _field(text))
        return random.choice(kinds), text.encode("utf-8", "replace")


def content(head: bytes, body: bytes = b"", reply: bytes = b"", page: bytes = b"") -> Content:
    """Return what the core would tell of an exchange."""
    return Content(0.0, "192.0.2.1", 1024, "192.0.2.2", 80, "", "/", head, body, len(body), reply, page, len(page), 0)


def _field(text: str) -> str:
    return "".join(character for character in text if " " <= character <= "~" and character != ";").strip()
