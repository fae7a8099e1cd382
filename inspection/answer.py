"""What a worker answers, as JSON that is safe to read: hostile content may have taken the worker over. Pure.

An answer has only the texts of findings, and what is known of files. Who did it, when and where is taken from the
exchange, which we know.
"""

import json
import re
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple, NoReturn

from inspection.channel import WrongMessage
from traffic.content import Content
from traffic.file_transfer import DIRECTIONS, FileTransfer
from traffic.finding import SEVERITIES, Finding
from traffic.text import printable

MOST_FINDINGS: Final = 50
"""Findings of one exchange."""
MOST_FILES: Final = 50
"""Files of one exchange."""
LONGEST_TRACEBACK: Final = 8_000
"""Characters of a traceback, from its end."""
_LONGEST_TYPE: Final = 100
"""Characters of a media type."""
LARGEST_ANSWER: Final = 16 * 2**20
"""Bytes of an answer, in which each text of a finding has at most 2,000 characters."""
FIELDS: Final = ("rule", "detector", "severity", "reason", "evidence", "technique")
"""What is taken from a finding."""
FILE_FIELDS: Final = ("direction", "media_type", "size", "md5", "sha1", "sha256")
"""What is taken from a file."""
_IS_FILE: Final = re.compile(
    rf"({'|'.join(DIRECTIONS)})\n([^\n]{{0,100}})\n(\d{{1,15}})\n([0-9a-f]{{32}})\n([0-9a-f]{{40}})\n([0-9a-f]{{64}})"
)


class Failed(NamedTuple):
    """An inspector that raised an exception."""

    name: str
    text: str
    """The traceback."""


class Answer(NamedTuple):
    """What was found in an exchange, who failed to look for it, and the files that it carries."""

    findings: tuple[Finding, ...] = ()
    failed: tuple[Failed, ...] = ()
    files: tuple[FileTransfer, ...] = ()


def answered(answer: Answer, longest: int) -> bytes:
    """Write an answer, with at most `longest` characters of each text."""
    found = [[getattr(each, name)[:longest] for name in FIELDS] for each in answer.findings[:MOST_FINDINGS]]
    failed = [[name, text[-LONGEST_TRACEBACK:]] for name, text in answer.failed]
    files = [[str(getattr(each, name)) for name in FILE_FIELDS] for each in answer.files[:MOST_FILES]]
    return json.dumps([found, failed, files]).encode("ascii")


def answer_in(body: bytes, content: Content, names: Collection[str], longest: int) -> Answer:
    """Read an answer about `content`, given by inspectors with these names.

    Raises:
        WrongMessage: it is none.
    """
    found, failed, files = _lists(body)
    if len(found) > MOST_FINDINGS or len(failed) > len(names) or len(files) > MOST_FILES:
        raise WrongMessage("too many findings")
    findings = tuple(_finding(_texts(each, len(FIELDS)), content, longest) for each in found)
    failures = tuple(Failed(name, _lines(text)) for name, text in (_texts(each, 2) for each in failed))
    if not {each.detector for each in findings} | {each.name for each in failures} <= {*names}:
        raise WrongMessage("an unknown inspector")
    return Answer(findings, failures, tuple(_file(_texts(each, len(FILE_FIELDS)), content) for each in files))


def _lists(body: bytes) -> Sequence[list[Any]]:
    try:
        whole = json.loads(body, parse_int=_refuse, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WrongMessage("not JSON") from error
    if not isinstance(whole, list) or len(whole) != 3 or not all(isinstance(each, list) for each in whole):
        raise WrongMessage("not three lists")
    return whole


def _texts(item: object, number: int) -> Sequence[str]:
    if not isinstance(item, list) or len(item) != number or not all(isinstance(text, str) for text in item):
        raise WrongMessage("not a list of texts")
    return item


def _lines(text: str) -> str:
    """Return a traceback without control characters but line ends: a terminal shows it."""
    lines = text[-LONGEST_TRACEBACK:].split("\n")
    return "\n".join(printable(line.encode("utf-8", "replace"), LONGEST_TRACEBACK) for line in lines)


def _finding(texts: Sequence[str], content: Content, longest: int) -> Finding:
    cut = (printable(text[:longest].encode("utf-8", "replace"), longest) for text in texts)
    fields = dict(zip(FIELDS, cut, strict=True))
    if fields["severity"] not in SEVERITIES:
        raise WrongMessage("an unknown severity")
    return Finding(
        time=content.time,
        client=content.client,
        client_port=content.client_port,
        server=content.server,
        server_port=content.server_port,
        host=content.host,
        path=content.path,
        **fields,
    )


def _file(texts: Sequence[str], content: Content) -> FileTransfer:
    found = _IS_FILE.fullmatch("\n".join(texts))
    if found is None:
        raise WrongMessage("not a file")
    direction, media_type, size, *hashes = found.groups()
    media_type = printable(media_type.encode("utf-8", "replace"), _LONGEST_TYPE)
    return FileTransfer(
        content.time, content.client, content.client_port, content.server, content.server_port, content.host,
        content.path, direction, media_type, int(size), *hashes,
    )  # fmt: skip


def _refuse(text: str) -> NoReturn:
    raise ValueError("a number")
