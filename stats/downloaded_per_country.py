"""Volume downloaded per country."""

from stats.places import countries
from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerCountry:
    """Body bytes of responses per country of the client."""

    name, title, unit, record = "downloaded_per_country", "Downloaded by country", BYTES, Exchange
    columns, amount = ("client",), "response_bytes"

    def __init__(self, country_database: str = "") -> None:
        self._place = countries(country_database)

    def key(self, client: str) -> str:
        """Return the country's code. Responses without a body do not count."""
        return self._place(client)
