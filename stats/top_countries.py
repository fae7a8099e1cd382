"""Requests per country."""

from stats.places import countries
from stats.statistic import HITS
from traffic.records import Request


class TopCountries:
    """Requests per country of the client."""

    name, title, unit, record = "top_countries", "Top hits by country", HITS, Request
    columns = ("client",)

    def __init__(self, country_database: str = "") -> None:
        self._place = countries(country_database)

    def key(self, client: str) -> str:
        """Return the country's code, such as `DE`."""
        return self._place(client)
