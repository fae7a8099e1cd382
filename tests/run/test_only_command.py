"""`--only` restricts a run to matching exchanges, and the output says so."""

import json
from pathlib import Path

import pytest
from wire import Talk, get, ok

import exercise
from capture.writer import PcapWriter
from cli.arguments import parse_arguments
from exercise_config import Config
from run.outputs import open_outputs
from stats.loading import load


@pytest.fixture
def trace(tmp_path: Path) -> str:
    talk = Talk()
    for target in ("/cart", "/cart", "/help"):
        talk.client(get(target)).server(ok())
    writer = PcapWriter(str(tmp_path / "trace.pcap"))
    writer.write(talk.close().frames)
    writer.close()
    return str(tmp_path / "trace.pcap")


def test_only_matching_exchanges_are_counted_and_logged(
    trace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    status = exercise.main(["-r", trace, "--user", "root", "--log", str(log), "--only", "path:^/cart and status:2xx"])
    shown = capsys.readouterr().out
    assert status == 0
    assert [json.loads(line)["url.path"] for line in log.read_text().splitlines()] == ["/cart", "/cart"]
    assert "only path:^/cart status:2xx" in shown
    assert "ENDED   2 requests" in shown
    assert "example.com/cart" in shown
    assert "example.com/help" not in shown


def test_any_statistic_is_a_field(trace: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exercise.main(["-r", trace, "--user", "root", "--only", "top_sections=example.com/help"]) == 0
    assert "ENDED   1 request\n" in capsys.readouterr().out.replace("requests", "request")


def test_filtered_traffic_is_not_added_to_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    config = Config(user="root")

    def keeps_history(*arguments: str) -> bool:
        with open_outputs(parse_arguments(["-i", "lo", *arguments]), config, load(config.statistics)) as outputs:
            return outputs.history is not None

    assert keeps_history()
    assert not keeps_history("--only", "status:5xx")
    assert keeps_history("--only", "status:5xx", "--history", str(tmp_path / "errors.db"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hots:shop", "--only: no field 'hots'; did you mean 'host'? Quote it to search as text ('hots')"),
        ("(a", "--only: unclosed (: add ) ('(')"),
    ],
)
def test_an_invalid_filter_is_reported_in_one_line_and_nothing_is_opened(
    text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exercise.main(["-r", "/no/such/file", "--user", "root", "--only", text]) == 2
    assert capsys.readouterr().err.split(": ", 1)[1] == f"{said}\n"
