"""Feeds libmodsecurity directly with the bytes of a request and its response, read as simply as possible."""

import re
from collections.abc import Sequence
from typing import Any

from crs_cases import Case

from detection.waf.directives import OWN, Limits, directives
from detection.waf.files import found


class Direct:
    """The same rules as the inspector has, without any of our reading."""

    def __init__(self, paths: Sequence[str]) -> None:
        import libmodsecurity

        self._make = libmodsecurity.Transaction
        self._engine = libmodsecurity.ModSecurity()
        self._engine.set_log_callback(lambda line: None)
        self._rules = libmodsecurity.RulesSet()
        assert self._rules.load(directives(found(paths), Limits())) > 0, self._rules.get_parser_error()

    def matched(self, case: Case) -> frozenset[int]:
        """Return the rules that matched."""
        run = self._make(self._engine, self._rules)
        run.process_connection("192.0.2.1", 1024, "192.0.2.2", 80)
        self._request(run, case.request)
        self._response(run, case.response)
        run.process_logging()
        return frozenset(said.rule_id for said in run.get_rule_messages()) - {*OWN}

    @staticmethod
    def _request(run: Any, raw: bytes) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        method, *target, version = line.split(b" ")
        run.process_uri(b" ".join(target), method, version.replace(b"HTTP/", b"") or b"0.9")
        for name, value in fields(lines):
            run.add_request_header(name, value)
        run.process_request_headers()
        if b"transfer-encoding: chunked" in head.lower():
            run.append_request_body(dechunked(body))
        elif size := re.search(rb"\r\ncontent-length: (\d+)", head.lower()):
            run.append_request_body(body[: int(size[1])])
        run.process_request_body()

    @staticmethod
    def _response(run: Any, raw: bytes) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        for name, value in fields(lines):
            run.add_response_header(name, value)
        run.process_response_headers(int(line.split(b" ")[1]), "HTTP/1.1")
        if body:
            run.append_response_body(body)
        run.process_response_body()


def fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    pairs = (line.split(b":", 1) for line in lines)
    return [(pair[0], pair[1].strip(b" \t") if len(pair) > 1 else b"") for pair in pairs]


def dechunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            break
        whole, body = whole + rest[:length], rest[length + 2 :]
    return whole
