"""A ClickHouse server for tests: chDB, which is ClickHouse in a Python process, behind the HTTP of clickhouse-connect.

It runs in a process of its own because chDB is global to its process. Run it with the address to listen on, by
default that of this host; it prints its port.

Users are in USERS; `reader` may only read. One statement runs at a time.
"""

import base64
import json
import os
import re
import sys
import tempfile
import threading
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb.session
import lz4.frame

USERS = {"default": "", "sensor": "let me in", "reader": "read only"}
NOT_SETTINGS = ("database", "query_id", "client_protocol_version", "session_id", "query", "wait_end_of_query")
STATUS = {516: 401, 497: 403, 60: 404, 81: 404}
"""Status by error code; 500 for others."""
CODE = re.compile(r"Code: (\d+)\.")
FORMAT = re.compile(r"\s+FORMAT\s+(\w+)\s*;?\s*$")
INSERT = re.compile(rb"INSERT INTO ([^\n]*?) FORMAT Native\n")


class RefusedError(Exception):
    """The server refused a request: error code and text."""


class Engine:
    """chDB, one statement at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        untyped: Any = chdb.session
        self._session = untyped.Session()
        self._settings = set(self.run("SELECT name FROM system.settings FORMAT TSV", {}).decode().split())

    def run(self, sql: str, parameters: dict[str, str]) -> bytes:
        found = FORMAT.search(sql)
        return self._answer(FORMAT.sub("", sql), found[1] if found else "TabSeparated", parameters)

    def insert(self, block: bytes) -> None:
        found = INSERT.match(block)
        if found is None:
            raise RefusedError(62, "Code: 62. DB::Exception: Syntax error")
        with tempfile.NamedTemporaryFile() as file:
            file.write(block[found.end() :])
            file.flush()
            self._answer(f"INSERT INTO {found[1].decode()} FROM INFILE '{file.name}' FORMAT Native", "TabSeparated", {})

    def _answer(self, sql: str, form: str, parameters: dict[str, str]) -> bytes:
        with self._lock:
            try:
                return bytes(self._session.query(sql, form, params=parameters).bytes())
            except Exception as reason:
                code = CODE.search(str(reason))
                raise RefusedError(int(code[1]) if code else 1002, str(reason)) from reason

    def check(self, settings: dict[str, str]) -> None:
        unknown = settings.keys() - self._settings
        if unknown:
            raise RefusedError(115, f"Code: 115. DB::Exception: Unknown setting '{min(unknown)}'. (UNKNOWN_SETTING)")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self._answer(200, b"Ok.\n")

    def do_POST(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            self._answer(200, self._run(self._body(), query), {"X-ClickHouse-Summary": "{}"})
        except RefusedError as refused:
            code, text = refused.args
            self._answer(STATUS.get(code, 500), text.encode(), {"X-ClickHouse-Exception-Code": str(code)})

    def _run(self, body: bytes, query: dict[str, str]) -> bytes:
        user = self._user()
        parameters = {name[6:]: value for name, value in query.items() if name.startswith("param_")}
        self.server.engine.check(
            {name: value for name, value in query.items() if name not in NOT_SETTINGS and name[:6] != "param_"}
        )
        if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
            fields = self._fields(body)
            parameters |= {name[6:]: value for name, value in fields.items() if name.startswith("param_")}
            sql = fields["query"]
        elif self.headers.get("Content-Type") == "application/octet-stream":
            self._allow(user, "INSERT")
            self.server.engine.insert(body)
            return b""
        else:
            sql = body.decode()
        self._allow(user, sql.split()[0].upper())
        return self.server.engine.run(sql, parameters)

    def _user(self) -> str:
        given = self.headers.get("Authorization", "")
        user, _, password = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
        if USERS.get(user) != password:
            raise RefusedError(516, f"Code: 516. DB::Exception: {user}: Authentication failed. (AUTHENTICATION_FAILED)")
        return user

    def _allow(self, user: str, verb: str) -> None:
        if user == "reader" and verb not in ("SELECT", "WITH"):
            raise RefusedError(497, f"Code: 497. DB::Exception: {user}: Not enough privileges. (ACCESS_DENIED)")

    def _fields(self, body: bytes) -> dict[str, str]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + body)
        assert isinstance(message, EmailMessage)
        found: dict[str, str] = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            found[str(name)] = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        return found

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") != "lz4":
            return body
        try:
            unpacked: Any = lz4.frame.decompress(body)
        except RuntimeError as reason:
            raise RefusedError(33, f"Code: 33. DB::Exception: {reason}. (CANNOT_READ_ALL_DATA)") from reason
        return bytes(unpacked)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), Handler)
        self.engine = Engine()


if __name__ == "__main__":
    server = Server(*(sys.argv[1:] or ["127.0.0.1"]))
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()  # ends with the test that started it
    os._exit(0)  # chDB waits for threads of its own otherwise
