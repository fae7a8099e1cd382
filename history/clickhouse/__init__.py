"""ClickHouse as the store of many sensors: how it is set up, written and read."""
