"""The regression tests of the Core Rule Set as bytes on a wire: what go-ftw sends, and what its test server answers.

`HTTP_MONITOR_CRS` names the folder of the rule set, default `../shared/crs`. Nothing of it is copied into this project.
"""

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus, unquote_plus

import yaml

PROJECT = Path(__file__).resolve().parents[2]
VARIABLE = "HTTP_MONITOR_CRS"
FOLDER = Path(os.environ.get(VARIABLE) or PROJECT.parent / "shared" / "crs")
SETUP: Final = """\
SecAction "id:900005,phase:1,nolog,pass,ctl:ruleEngine=DetectionOnly,ctl:ruleRemoveById=910000,\\
setvar:tx.blocking_paranoia_level=4,setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.arg_name_length=100,\\
setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,setvar:tx.max_num_args=255,setvar:tx.max_file_size=64100,\\
setvar:tx.combined_file_sizes=65535"
"""
"""Settings that the tests need, as their README says."""
FORM: Final = "application/x-www-form-urlencoded"
_REPEAT: Final = re.compile(r"\{\{\s*\"([^\"]*)\"\s*\|\s*repeat\s+(\d+)\s*\}\}")
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TAGS: Final = (
    "<!doctype html", "<html", "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a", "<style",
    "<title", "<b", "<body", "<br", "<p", "<!--",
)  # fmt: skip
"""What makes a page of HTML for the test server (https://mimesniff.spec.whatwg.org/)."""


class Case(NamedTuple):
    """One stage of a test."""

    name: str
    """Rule, test and stage, as `942100-3-1`."""
    stages: int
    """Stages of its test."""
    expected: frozenset[int]
    """Rules that must match."""
    forbidden: frozenset[int]
    """Rules that must not."""
    request: bytes
    response: bytes


def present() -> bool:
    return (FOLDER / "tests" / "regression" / "tests").is_dir() and (FOLDER / "rules").is_dir()


def cases() -> Iterator[Case]:
    """Yield the stages of all tests, in the order of their files."""
    for path in sorted((FOLDER / "tests" / "regression" / "tests").glob("*/*.y*ml")):
        document = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for test in (document or {}).get("tests", ()):
            stages = test["stages"]
            for number, stage in enumerate(stages, 1):
                log = (stage.get("output") or {}).get("log") or {}
                sent = stage["input"]
                yield Case(
                    f"{document['rule_id']}-{test['test_id']}-{number}",
                    len(stages),
                    frozenset(log.get("expect_ids", ())),
                    frozenset(log.get("no_expect_ids", ())),
                    request_of(sent),
                    response_to(sent),
                )


def request_of(sent: dict[str, Any]) -> bytes:
    """Return what go-ftw sends."""
    if sent.get("encoded_request"):
        return base64.b64decode(sent["encoded_request"])
    fields = {str(name): str(value) for name, value in (sent.get("headers") or {}).items()}
    body, complete = body_of(sent), sent.get("autocomplete_headers", True)
    method = sent.get("method", "GET")
    if body and complete:
        fields.setdefault("Content-Type", FORM)
        if fields["Content-Type"] == FORM:
            body = escaped_form(body)
    if fields.get("Content-Type", "").startswith("multipart/form-data;"):
        body = body.replace(b"\n", b"\r\n")
    if complete:
        fields.setdefault("Connection", "close")
        if body or re.search(r"^POST|PUT|PATCH|DELETE$", method):
            fields.setdefault("Content-Length", str(len(body)))
    line = f"{method} {sent.get('uri', '/')} {sent.get('version', 'HTTP/1.1')}"
    head = "".join(f"{text}\r\n" for text in (line, *(f"{name}: {fields[name]}" for name in sorted(fields)), ""))
    return head.encode() + body


def body_of(sent: dict[str, Any]) -> bytes:
    text = str(sent.get("data") or "")
    return _REPEAT.sub(lambda found: found[1] * int(found[2]), text).encode()


def escaped_form(body: bytes) -> bytes:
    """Escape names and values, unless they seem to be escaped already."""
    text = body.decode()
    if _BAD_PERCENT.search(text) or unquote_plus(text) != text:
        return body
    parts = (part.split("=", 1) for part in text.split("&"))
    return "&".join("=".join(quote_plus(piece, safe="~") for piece in part) for part in parts).encode()


def response_to(sent: dict[str, Any]) -> bytes:
    """Return what the test server answers: an empty page, or at /reflect what the request says."""
    if str(sent.get("uri")) != "/reflect":
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    try:
        wanted = json.loads(body_of(sent))
    except ValueError:
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    body = base64.b64decode(wanted["encodedBody"]) if "encodedBody" in wanted else wanted.get("body", "").encode()
    fields = {str(name).title(): str(value) for name, value in (wanted.get("headers") or {}).items()}
    fields.setdefault("Content-Type", sniffed(body))
    fields["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {wanted.get('status', 200)} OK\r\n{head}\r\n".encode() + body


def sniffed(body: bytes) -> str:
    """Return the type that the test server gives a body."""
    begin = body[:512].lstrip(b"\t\n\x0c\r ").lower()
    if any(begin.startswith(tag.encode()) and begin[len(tag) : len(tag) + 1] in (b" ", b">") for tag in _TAGS):
        return "text/html; charset=utf-8"
    if begin.startswith(b"<?xml"):
        return "text/xml; charset=utf-8"
    binary = any(byte < 9 or byte == 11 or 14 <= byte < 27 or 28 <= byte < 32 for byte in body[:512])
    return "application/octet-stream" if binary else "text/plain; charset=utf-8"
