"""`exercise.py store`, on a server."""

import time
from contextlib import closing

import pytest
from clickhouse_server import AddressOf
from sensor_records import bucket, record

from exercise import main
from history.address import StoreAddress
from history.clickhouse.connect import ConnectDoor
from history.clickhouse.target import ClickhouseTarget
from store.sums import Sums


def url(address: StoreAddress) -> str:
    return str(address)


def test_init_makes_the_tables_once(address_of: AddressOf, capsys: pytest.CaptureFixture[str]) -> None:
    store = url(address_of("default"))
    assert main(["store", "init", "--store", store, "--dry-run"]) == 0
    dry = capsys.readouterr().out
    assert "CREATE TABLE IF NOT EXISTS" in dry
    assert dry.endswith("-- a dry run: nothing was changed\n")
    assert main(["store", "init", "--store", store]) == 0
    made = capsys.readouterr().out.splitlines()
    assert (made[0], made[-1]) == ("the database", "done")
    assert "table minutes: sums of minutes, kept for 2 days" in made
    assert main(["store", "init", "--store", store]) == 0
    assert capsys.readouterr().out == "nothing to change\n"
    assert main(["store", "init", "--store", store, "--set", "history_minutes=9"]) == 0
    assert "table minutes: sums of minutes, kept for 9 days" in capsys.readouterr().out


def test_what_a_dry_run_prints_can_be_run(
    address_of: AddressOf, door: ConnectDoor, capsys: pytest.CaptureFixture[str]
) -> None:
    store = url(address_of("default"))
    main(["store", "init", "--store", store, "--dry-run"])
    for statement in capsys.readouterr().out.split(";\n")[:-1]:
        door.command(statement)
    main(["store", "init", "--store", store])
    assert capsys.readouterr().out == "nothing to change\n"


def test_status_shows_sensors_and_sizes(address_of: AddressOf, capsys: pytest.CaptureFixture[str]) -> None:
    store = url(address_of("default"))
    assert main(["store", "status", "--store", store]) == 1
    assert "run: exercise.py store init" in capsys.readouterr().err
    main(["store", "init", "--store", store])
    main(["store", "status", "--store", store])
    assert "no sensors yet" in capsys.readouterr().out
    begin = time.time() // 10 * 10 - 60
    sent = record(1, bucket(begin, top_sections={"/a": Sums(1), "/b": Sums(1)}))._replace(written=time.time() + 30)
    with closing(ClickhouseTarget(address_of("sensor"), "let me in")) as target:
        target.send([sent])
    assert main(["store", "status", "--store", store]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1].split()[0] == "web-1"
    assert "edge" in out[1]
    assert 25 < float(next(word for word in out[1].split() if word.startswith("+")).strip("+s")) < 31
    assert next(line.split()[:3] for line in out if line.startswith("buckets")) == ["buckets", "2", "1"]


def test_users_prints_statements_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["store", "users", "--store", "clickhouse://db/web", "--sensor", "web-1", "--reader", "screen"]
    assert main(given) == 0
    out = capsys.readouterr().out
    password = next(line for line in out.splitlines() if line.startswith("-- web-1, with the password ")).split()[-1]
    assert len(password) == 32
    assert out.count(password) == 1
    assert main([*given, "--certificates"]) == 0
    assert "IDENTIFIED WITH ssl_certificate CN 'web-1';" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["init"], "the following arguments are required: --store"),
        (["init", "--store", "/srv/sensors"], "--store must be a clickhouse:// address"),
        (["init", "--store", "clickhouse://db/a-b"], "'a-b' is not a name"),
        (["init", "--store", "clickhouse://db/web", "--set", "history_minutes=0"], "history_minutes"),
        (["users", "--store", "clickhouse://db/web"], "name whom to create: --sensor NAME, --reader NAME"),
        (["users", "--store", "clickhouse://db/web", "--sensor", "a b"], "'a b' is not a name"),
        ([], "init, users or status"),
    ],
)
def test_wrong_usage_is_one_line(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["store", *given])
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in err
    assert err.count("\n") == 1
