"""Bytes on the wire cannot make the terminal or the log execute commands or disguise anything."""

import contextlib
import io
import json
import os
import re
import signal
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wcwidth
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wire import Talk

import exercise
from capture.writer import PcapWriter

from .attacks import hello

BARE = b" \t\r\n"
ATTACKS = (
    b"\x1b[38;5;213m\x1b[2J\x1b]0;owned\x07\x1b]52;c;cm0gLXJm\x07\x1bP+q\x1b\\",
    b"\x9b31m\xc2\x9b31m\x7f\x08\x08\x00\x0e\x0f\x05\x0b\x0c",
    "\u202egnp.exe\u2066\u200b\u200f\u2069\ufeff\u00ad\u2028\u2029\U000e0041".encode(),
    ("a" + "\u0301" * 60 + "\U0001f468\u200d\U0001f469\u200d\U0001f467\ufdfd\u3164\u2800").encode(),
    "\u05d0\u05d1\u0661\u0627".encode() + b"\xff\xfe\xed\xa0\x80",
)
SEQUENCES = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?(?:25|7)[hl]|\x1b\[[HJK]|\x1b\[[0-9]*[ABJK]|\r")
"""The sequences of our own screen: colours, cursor, line ends."""
RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}


def unsafe(text: str) -> list[str]:
    """Return the characters of a text that a terminal would execute, hide, or display elsewhere."""
    lines = text.split("\n")
    return [
        f"U+{ord(character):04X}"
        for line in lines
        for character in line
        if not character.isprintable()
        or unicodedata.bidirectional(character) in RIGHT_TO_LEFT
        or (wcwidth.wcwidth(character) < 1 and unicodedata.category(character)[0] != "M")
    ]


def conversation(words: tuple[bytes, ...]) -> Talk:
    """Build a request and a response with the words in every place that is read from the wire."""
    path, host, agent, referrer, media, method = words
    request = b"%b /%b?%b HTTP/1.1\r\nHost: %b\r\nUser-Agent: %b\r\nReferer: %b\r\nUpgrade: %b\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/%b\r\nContent-Length: 2\r\n\r\nok"
    whole = request % (method, path, path, host, agent, referrer, media)
    return Talk().client(whole).server(answer % media).close()


def greeting(name: bytes) -> Talk:
    """Build a TLS connection to a server of that name."""
    return Talk(client_port=40001).client(hello(name)).close()


def run(words: tuple[bytes, ...], output: io.StringIO, *arguments: str) -> str:
    """Print what the command prints for a capture of such a conversation; return the log."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(output), kept_signals():
        capture, log = Path(folder, "capture"), Path(folder, "log")
        writer = PcapWriter(str(capture))
        writer.write([*conversation(words).frames, *greeting(words[1]).frames])
        writer.close()
        told = ("--set", "log_query_strings=yes", "--set", "log_credentials=yes", "--user", "root")
        assert exercise.main(["-r", str(capture), "--log", str(log), *told, *arguments]) == 0
        return log.read_text(encoding="ascii")


@contextlib.contextmanager
def kept_signals() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def word(excluded: bytes = b"\r\n") -> st.SearchStrategy[bytes]:
    """Generate bytes or text of any kind for one place in a head."""
    parts = st.one_of(st.binary(max_size=20), st.text(max_size=20).map(as_utf8), st.sampled_from(ATTACKS))
    joined = st.lists(parts, max_size=4).map(b"".join)
    return joined.map(lambda raw: bytes(byte for byte in raw if byte not in excluded))


def as_utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


WORDS = st.tuples(word(BARE), word(), word(), word(), word(), st.sampled_from((b"GET", b"P\x1bST", b"get")))
ALL_ATTACKS = (b"".join(ATTACKS).translate(None, BARE),) * 5 + (b"GET",)


@settings(max_examples=60)
@given(WORDS)
@example(ALL_ATTACKS)
def test_plain_output_and_log_only_have_safe_characters(words: tuple[bytes, ...]) -> None:
    output = io.StringIO()
    log = run(words, output)
    assert unsafe(output.getvalue()) == []
    assert unsafe(log) == []
    for line in log.splitlines():
        for text in strings(json.loads(line)):
            assert text.isprintable(), "a reader of the log that undoes JSON's escapes is safe too"


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


class Terminal(io.StringIO):
    """Output that the screen takes for a terminal."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


def test_a_terminal_only_gets_our_own_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setitem(os.environ, "NO_COLOR", "")
    harmless, hostile = Terminal(), Terminal()
    for words, terminal in (((b"a",) * 5 + (b"GET",), harmless), (ALL_ATTACKS, hostile)):
        monkeypatch.setattr(sys, "stdout", terminal)
        run(words, terminal)
    ours = set(SEQUENCES.findall(harmless.getvalue()))
    assert set(SEQUENCES.findall(hostile.getvalue())) <= ours
    assert unsafe(SEQUENCES.sub("", hostile.getvalue())) == []
    assert "\\x1b" in hostile.getvalue(), "the attack was there"
