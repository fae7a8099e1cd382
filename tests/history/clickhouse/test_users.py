"""The statements for users. The server in the tests has none, but parses them."""

import pytest

from history.clickhouse.connect import ConnectDoor
from history.clickhouse.schema import Place
from history.clickhouse.users import User, statements

SENSOR, READER = User("web-1.example"), User("screen", "a password")


@pytest.mark.parametrize("place", [Place("web"), Place("web", "pair")])
def test_a_server_understands_each_statement(place: Place, door: ConnectDoor) -> None:
    for statement in statements(place, [SENSOR], [READER]):
        [[parsed]] = door.query("SELECT formatQuery({sql:String})", {"sql": statement.sql})
        assert parsed


def test_sensors_insert_and_readers_select() -> None:
    made = [each.sql for each in statements(Place("web"), [SENSOR], [READER])]
    grants = [sql for sql in made if sql.startswith("GRANT") and " ON " in sql]
    assert {sql.split()[1] for sql in grants if sql.endswith("TO web_sensor")} == {"INSERT"}
    assert {sql.split()[1] for sql in grants if sql.endswith("TO web_reader")} == {"SELECT"}
    assert "GRANT INSERT ON web.meta TO web_sensor" not in grants
    assert "CREATE USER IF NOT EXISTS `web-1.example` IDENTIFIED WITH ssl_certificate CN 'web-1.example'" in made
    assert "GRANT web_sensor TO `web-1.example`" in made
    assert not any("a password" in sql for sql in made)


@pytest.mark.parametrize("name", ["", "a`b", "a'b", "a b", "x" * 65, "a\n"])
def test_names_that_need_quotes_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        statements(Place("web"), [User(name)], [])
