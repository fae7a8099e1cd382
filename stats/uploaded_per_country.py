"""Volume uploaded per country."""

from stats.places import countries
from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerCountry:
    """Body bytes of requests per country of the client."""

    name, title, unit, record = "uploaded_per_country", "Uploaded by country", BYTES, Exchange
    columns, amount = ("client",), "request_bytes"

    def __init__(self, country_database: str = "") -> None:
        self._place = countries(country_database)

    def key(self, client: str) -> str:
        """Return the country's code. Requests without a body do not count."""
        return self._place(client)
