"""The benchmark's figures, tables, findings and picture."""

import json
import os
import sys
import threading
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from bench.document import BEGIN, END, placed
from bench.found import found_by
from bench.live import Comparison
from bench.load import Load
from bench.measure import CommandError, Figure, cpu_seconds, ratio, run, table
from bench.picture import ChartLine, CostChart, picture
from bench.watching import MONITORS, LoadRun, counted


def test_a_figure_is_the_median_with_its_spread() -> None:
    assert Figure.of([3, 1, 2]) == Figure(2, 1, 3)
    assert Figure.of([1234.4, 999, 2000]).text() == "1,234 (999-2,000)"
    assert Figure.of([2.001, 2.0, 2.004]).text(".1f") == "2.0"


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratio([10, 1, 4], [5, 1]) == Figure(1.5, 1, 2)


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [("x", "1")]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_a_run_measures_the_cost_of_a_command(tmp_path: Path) -> None:
    busy = "import time\nx = bytearray(50_000_000)\nwhile time.process_time() < 0.2: pass\nprint('done')"
    cost = run([sys.executable, "-c", busy], tmp_path / "output")
    assert 0.2 <= cost.cpu_seconds < 20
    assert cost.peak_bytes > 50_000_000
    assert (tmp_path / "output").read_text() == "done\n"


def test_a_failed_run_reports_the_reason() -> None:
    with pytest.raises(CommandError, match="broken"):
        run([sys.executable, "-c", "raise SystemExit('broken')"])


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux scheduler")
def test_a_run_can_be_limited_to_one_core(tmp_path: Path) -> None:
    run([sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"], tmp_path / "cores", cores="one")
    assert (tmp_path / "cores").read_text() == "1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_processor_time_of_a_process_includes_its_threads() -> None:
    before = cpu_seconds(os.getpid())
    busy = threading.Thread(target=lambda: sum(range(20_000_000)))
    busy.start()
    busy.join()
    assert cpu_seconds(os.getpid()) > before


def test_text_is_written_between_the_marks_of_a_document() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = placed(document, "new\n")
    assert once == placed(once, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="make bench"):
        placed("no marks", "new")


def test_the_tax_counts_server_client_and_monitor() -> None:
    alone = LoadRun(Load(100.0, 1000, 1.0, cpu_seconds=0.5), 1000, 7000, server_cpu=0.5)
    watched = LoadRun(Load(90.0, 500, 1.0, cpu_seconds=0.25), 505, 3600, 0.25, own_cpu=0.1, dropped=100, requests=500)
    assert Comparison("ours", "full", [(alone, watched)]).tax() == [pytest.approx(20.0)]
    assert watched.per_packet == pytest.approx(1e6 * 0.1 / 3500)
    assert (watched.missed, alone.missed) == (5, None)


def test_findings_are_compared_with_the_truth(tmp_path: Path) -> None:
    truth, output = tmp_path / "truth", tmp_path / "output"
    facts = [("/a?id=1", 200, 0), ("//b?id=2", 404, 0), ("/c?id=3", 200, 2), ("/d?id=4", 304, 0)]
    truth.write_text(
        "\n".join(json.dumps({"target": target, "status": status, "missing": gone}) for target, status, gone in facts)
    )
    output.write_text(
        "/a?id=1\t\t\n\t200\thttp://host//b?id=2\n//b?id=2\n-\t200\t-\n\t200\t/a?id=1\n\t304\thttp://host/d?id=4\n/d?id=4\n"
    )
    found = found_by(output, truth)
    assert (found.requests, found.responses, found.transactions, found.wrong) == (3, 4, 2, 1)
    assert (found.whole, found.whole_requests, found.whole_transactions) == (3, 3, 2)
    assert found.texts() == ("3 of 3", "2 of 3 (66.67 %)", "1")


def test_the_picture_is_xml_with_a_line_for_each_curve() -> None:
    charts = [
        CostChart("Time & memory", "packets", [10, 100, 1000], [ChartLine("s", [1, 2, 3]), ChartLine("MB", [5, 5, 5])]),
        CostChart("Nothing", "keys", [1], [ChartLine("s", [0])]),
    ]
    root = ElementTree.fromstring(picture(charts))
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 3, 1]


def test_a_monitors_counts_are_read_from_its_output() -> None:
    ours, httpry, tcpdump, scapy = MONITORS
    summary = " Captured  504,702 packets, 12 dropped\n Requests  64,714\n"
    assert [counted(pattern, summary) for pattern in (ours.packets, ours.dropped, ours.requests)] == [504702, 12, 64714]
    said = "2 packets captured\n5 packets received by filter\n3 packets dropped by kernel\n"
    assert [counted(pattern, said) for pattern in (tcpdump.packets, tcpdump.dropped, tcpdump.requests)] == [2, 3, None]
    assert counted(httpry.requests, "# Fields: method\nGET\t-\n-\t200\nGET\t-\n") == 2
    assert counted(scapy.requests, "ready\n/a\t\t\n\t200\t\n/b\t\t\n") == 2
    assert counted(ours.packets, "nothing") is None
