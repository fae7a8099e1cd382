"""Requests to judge a model of unseen attacks by: ordinary ones from captures and generated sites, and attacks.

`HTTP_MONITOR_CORPUS` names the folder of the corpus, default `../shared/corpus`, and `HTTP_MONITOR_CRS` that of the
Core Rule Set with its regression tests, default `../shared/crs`. `HTTP_MONITOR_ORDINARY` and `HTTP_MONITOR_ATTACKS`
name folders of other captures, all of whose requests are ordinary, or attacks. `HTTP_MONITOR_HPACK` names the folder
of hpack-test-case, default `../shared/hpack`: header blocks of somebody's browsing, of which nothing is learned.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.prefilter import TRAFFIC
from bench.unseen_typed import typed
from bench.visits import Visitor
from capture.core import CORE
from capture.errors import CaptureError
from capture.open import open_file
from exercise_config import Config
from run.decoding import decoder_for
from traffic.content import Content
from traffic.features import unpacked
from traffic.limits import Limits

PROJECT: Final = Path(__file__).resolve().parents[1]
CORPUS: Final = Path(os.environ.get("HTTP_MONITOR_CORPUS") or PROJECT.parent / "shared" / "corpus")
HPACK: Final = Path(os.environ.get("HTTP_MONITOR_HPACK") or PROJECT.parent / "shared" / "hpack")
ORDINARY: Final = os.environ.get("HTTP_MONITOR_ORDINARY")
ATTACKS: Final = os.environ.get("HTTP_MONITOR_ATTACKS")

EXCLUDED: Final = (
    ("evader", "sends what evades inspection (http-evader)"),
    ("http__261__", "smuggles requests"),
    ("smuggle", "smuggles requests"),
    ("http-request-invalid", "smuggles requests"),
    ("cooper-grill-dvwa", "attacks DVWA, an application made to be attacked"),
    ("sql_injection", "attacks DVWA"),
    ("__xss", "attacks DVWA"),
    ("bug-4199", "injects commands and markup"),
    ("bug-5437-0", "injects commands"),
    ("bug-7657", "runs PHP by its options (CVE-2012-1823)"),
    ("bug-7842", "sends a serialized object that runs code"),
    ("output-multi-eve", "loads Exploit.class"),
    ("payload-syn", "reads /etc/passwd"),
    ("tcp-fastopen-03", "reads /etc/passwd"),
    ("tcp-fastopen-13", "reads /etc/passwd"),
    ("vxlan-non-zero", "reads /etc/passwd"),
    ("http__no-version", "abuses formmail.pl"),
    ("bug-3616-urldecode", "is a request for /evil%2527sqli"),
    ("uricontent__detect-uricontent-0[4-7]", "leaves the root of the server by its path"),
    ("DetectEngineHttpRawUri", "leaves the root of the server by its path"),
    ("bug-814_", "scans with Nikto"),
    ("http-protocol-nodup", "scans with Nmap"),
    ("bug-4953", "is the talk of malware (Emotet)"),
    ("http__no_crlf", "is the talk of malware (Emotet)"),
    ("exe_download", "is the talk of malware"),
    ("bug-5486", "is the talk of malware (Cobalt Strike)"),
    ("bug-4663", "downloads malware"),
    ("http-sha256-drop", "downloads malware"),
    ("fuzz", "was made by a fuzzer"),
    ("longstring", "was made to overflow a buffer"),
    ("-uaf-", "was made to crash a parser"),
    ("alloclimit", "was made to crash a parser"),
    ("http-manipulated", "was changed by hand to confuse parsers"),
    ("http__methods", "is a list of malformed request lines"),
)  # fmt: skip
"""Captures that are left out, as regular expressions for parts of their names, and why: what their clients send
attacks, evades, was made to break parsers, or is the talk of malware. That is told by their names, their README and by
reading their requests; whether a model finds them strange does not matter.
"""
_EXCLUDED: Final = re.compile("|".join(pattern for pattern, _ in EXCLUDED))
OF_RESPONSES: Final = 950_000
"""Rules from this number on are about responses."""
GENERATED: Final = 3000
"""Requests of each generated site."""


class Material(NamedTuple):
    """Requests, a row each."""

    features: NDArray[np.uint8]
    sites: list[str]
    """Whom they were sent to: in different captures, hosts of the same name are different sites."""
    hosts: list[str]
    """Names of hosts: what training and tests are split by."""
    names: list[str]
    """What each is, for people: a capture, or the number of a test."""
    lines: list[str]
    """Their first lines."""

    def chosen(self, rows: Iterable[int]) -> "Material":
        """Return some of the requests."""
        places = list(rows)
        lists = ([values[place] for place in places] for values in self[1:])
        return Material(self.features[places], *lists)


def joined(*parts: Material) -> Material:
    """Return all requests of several materials."""
    lists = ([value for part in parts for value in part[place]] for place in range(1, 5))
    return Material(np.concatenate([part.features for part in parts]), *lists)


def _material(rows: Iterable[tuple[str, str, str, bytes, bytes]]) -> Material:
    """Make material of site, host, name, head and body."""
    if CORE is None:
        raise SystemExit("features of requests need the core: make fast")
    found = list(rows)
    texts = [CORE.request_features(head, body) for *_, head, body in found]
    kept = [(each, text) for each, text in zip(found, texts, strict=True) if text]
    lines = [each[3].split(b"\n", 1)[0][:200].decode("latin-1").rstrip() for each, _ in kept]
    sites, hosts, names = ([str(each[place]) for each, _ in kept] for place in range(3))
    return Material(unpacked([text for _, text in kept]), sites, hosts, names, lines)


def ordinary() -> Material:
    """Return the ordinary requests of captures, in their order."""
    folder = Path(ORDINARY) if ORDINARY else CORPUS / "pcaps"
    return _material(_captured(folder))


def odd_texts() -> Material:
    """Return requests with odd texts that people type: see `bench.unseen_typed`."""
    return _material(typed())


def attacks() -> tuple[Material, Material]:
    """Return attacks, and requests that are nearly attacks: those in which no rule is to match. Tests of rules for
    responses have ordinary requests, and are left out.
    """
    if ATTACKS:
        return _material(_captured(Path(ATTACKS), every=True)), _material(())
    cases = list(_crs().cases())
    meant = (_of_case(case) for case in cases if any(rule < OF_RESPONSES for rule in case.expected))
    return _material(meant), _material(_of_case(case) for case in cases if not case.expected)


def present() -> bool:
    """Return whether there is anything to judge by."""
    return (bool(ORDINARY) or (CORPUS / "pcaps").is_dir()) and (bool(ATTACKS) or bool(_crs().present()))


def generated() -> Material:
    """Return ordinary requests to generated sites, which have more clients and paths than a capture."""
    return _material((*_visits(), *_sites()))


def browsed() -> Material | None:
    """Return ordinary requests that are not of the corpus; None if they are not at hand."""
    stories = sorted(HPACK.glob("nghttp2/*.json"))
    return _material(_browsed(stories)) if stories else None


def _browsed(stories: Iterable[Path]) -> Iterator[tuple[str, str, str, bytes, bytes]]:
    for story in stories:
        for case in json.loads(story.read_text(encoding="utf-8"))["cases"]:
            fields = [*chain.from_iterable(field.items() for field in case["headers"])]
            asked = dict(fields)
            if ":method" in asked:
                host = asked.get(":authority") or asked.get("host", "")
                lines = [f"{asked[':method']} {asked.get(':path', '/')} HTTP/1.1", f"Host: {host}"]
                lines += (f"{name}: {value}" for name, value in fields if not name.startswith(":"))
                yield f"{story.name} {host}", host, story.name, "\r\n".join((*lines, "", "")).encode(), b""


def _captured(folder: Path, every: bool = False) -> Iterator[tuple[str, str, str, bytes, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder)).replace(os.sep, "/")
        if path.is_file() and (every or not _EXCLUDED.search(name)):
            for content in _contents(path):
                host = content.host or content.server
                if content.request_head:
                    yield f"{name} {host}", host, name, content.request_head, content.request_body


def _contents(path: Path) -> list[Content]:
    """Return the contents of a capture on all ports; what is damaged is read as far as it goes."""
    try:
        source = open_file(str(path))
    except CaptureError:
        return []
    decoder = decoder_for(range(2**16), Limits(), frozenset((Content,)), frozenset(Config.protocols))
    try:
        while (frames := source.read()) is not None:
            decoder.feed(frames)
    except CaptureError:
        pass
    finally:
        source.close()
    decoder.finish()
    return [record for record in decoder.take().records() if isinstance(record, Content)]


def _crs() -> Any:
    """Return the module that reads the regression tests of the Core Rule Set, which is one of the tests'."""
    folder = str(PROJECT / "tests" / "conformance")
    if folder not in sys.path:
        sys.path.append(folder)
    import crs_cases

    return crs_cases


def _of_case(case: Any) -> tuple[str, str, str, bytes, bytes]:
    end = case.request.find(b"\r\n\r\n")
    end = len(case.request) if end < 0 else end + 4
    return "attacked", "attacked", case.name, case.request[:end], case.request[end:]


def _visits() -> Iterator[tuple[str, str, str, bytes, bytes]]:
    dice = Random(5)
    for number in range(10 * GENERATED):
        made = Visitor(dice).visit(number)
        end = made.request.find(b"\r\n\r\n") + 4
        yield f"visits {made.host}", made.host, "visits", made.request[:end], made.request[end:]


def _sites() -> Iterator[tuple[str, str, str, bytes, bytes]]:
    for name, traffic in TRAFFIC.items():
        if name != "the benchmark's capture":
            for content in islice(traffic(), GENERATED):
                yield name, name, name, content.request_head, content.request_body
