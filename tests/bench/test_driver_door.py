"""The door by the native protocol: parameters become literals that cannot become anything else."""

import pytest

pytest.importorskip("clickhouse_driver", reason="clickhouse-driver is not installed")

from bench.driver_door import with_literals


@pytest.mark.parametrize(
    ("sql", "value", "expected"),
    [
        ("key = {x:String}", "shop/cart", "key = 'shop/cart'"),
        ("key = {x:String}", "it's \\ {y:String}", "key = 'it\\'s \\\\ {y:String}'"),
        ("start >= {x:UInt32}", 7, "start >= 7"),
        ("has({x:Array(String)}, key)", ["a'", "b"], "has(CAST(['a\\'', 'b'] AS Array(String)), key)"),
        ("key IN {x:Array(String)}", ["a", "b"], "key IN ('a', 'b')"),
        ("key IN {x:Array(String)}", [], "key IN (SELECT '' WHERE 0)"),
    ],
)
def test_parameters_become_literals(sql: str, value: str | int | list[str], expected: str) -> None:
    assert with_literals(sql, {"x": value, "y": "another"}) == expected
