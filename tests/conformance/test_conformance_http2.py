"""Every HTTP/2 stream of the corpus is an exchange, and nothing else there is HTTP/2."""

import pytest
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present
from conformance_http2 import EXCEPTIONS, KIND, built, differences

pytestmark = [
    pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder"),
    pytest.mark.skipif(not built(), reason="the core is not built"),
]


@pytest.mark.parametrize("capture", captures() or [Capture("none")], ids=lambda capture: capture.name)
def test_the_streams_of_a_capture_are_its_exchanges(capture: Capture) -> None:
    assert tuple(differences(capture)) == EXCEPTIONS.get(capture.name, ())


def test_the_corpus_has_streams() -> None:
    assert sum(len(capture.expected(KIND)) for capture in captures()) >= 25
