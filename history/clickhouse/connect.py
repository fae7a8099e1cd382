"""The door to today's servers, by clickhouse-connect over HTTP. This is the edge.

On the first use it asks for the version and for `system.settings`, which each user may read; then only for what it is
told. A user who may only insert needs no other right, because the types of the columns are given.
"""

import logging
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from history.address import StoreAddress
from history.clickhouse.dialect import OLDEST, Dialect, dialect_of, version_of
from history.clickhouse.door import Column, Parameters
from history.clickhouse.errors import missing_package, misused, refusal, too_old, unreached, unwritable
from history.record import StoreError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

CONNECT: Final = 10
"""Seconds to wait for a connection."""
ANSWER: Final = 60
"""Seconds to wait for an answer."""


class ConnectDoor:
    """See `Door`. It connects when it is first used, and again after an error."""

    def __init__(self, address: StoreAddress, secret: str) -> None:
        """Take the address, and the password; with a certificate the password may be empty.

        Raises:
            StoreError: the package is missing.
        """
        try:
            import clickhouse_connect  # noqa: F401
        except ImportError as reason:
            raise missing_package() from reason
        logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # its errors are raised too
        self._address = address
        self._secret = secret
        self._client: Client | None = None

    @property
    def dialect(self) -> Dialect:
        """See `Door.dialect`."""
        with self._translated_errors():
            return dialect_of(self._connected().server_version or "")

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Sequence[Any]]:
        """See `Door.query`."""
        with self._translated_errors():
            found = self._connected().query(sql, parameters=_bound(parameters or {}))
            return list(found.result_columns)

    def insert(self, table: str, columns: Sequence[Column], values: Sequence[Sequence[Any]], token: str = "") -> None:
        """See `Door.insert`."""
        with self._translated_errors():
            client = self._connected()
            client.insert(
                table,
                values,
                column_names=[column.name for column in columns],
                column_type_names=[column.type for column in columns],
                column_oriented=True,
                settings=_settings(self.dialect.insert, token),
            )

    def command(self, sql: str) -> None:
        """See `Door.command`."""
        with self._translated_errors():
            self._connected().command(sql)

    def close(self) -> None:
        """See `Door.close`."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> "Client":
        if self._client is None:
            client = _client(self._address, self._secret)
            version = client.server_version or ""
            if version_of(version) < OLDEST:
                client.close()
                raise too_old(self._address, version)
            self._client = client
        return self._client

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        from clickhouse_connect.driver.exceptions import DataError, Error, ProgrammingError
        from urllib3.exceptions import HTTPError

        try:
            yield
        except StoreError:
            raise
        except (DataError, UnicodeError, OverflowError, struct.error) as error:
            raise unwritable(self._address, error) from error
        except ProgrammingError as error:  # of the driver itself, such as a setting that the user may not change
            raise misused(self._address, error) from error
        except Error as error:
            if error.code is not None:
                raise refusal(self._address, error.code, str(error)) from error
            self.close()
            raise unreached(self._address, error) from error
        except (HTTPError, OSError) as error:
            self.close()
            raise unreached(self._address, error) from error


def _client(address: StoreAddress, secret: str) -> "Client":
    import clickhouse_connect

    clickhouse_connect.common.set_setting("send_os_user", False)
    return clickhouse_connect.get_client(
        host=address.host,
        port=address.port,
        interface="https" if address.tls else "http",
        username=address.user,
        password=secret,
        ca_cert=address.ca or None,
        client_cert=address.cert or None,
        client_cert_key=address.key or None,
        # With a password, the certificate is for the connection only, and not for who the user is.
        tls_mode="strict" if address.cert and secret else None,
        connect_timeout=CONNECT,
        send_receive_timeout=ANSWER,
        compress="lz4",
        client_name="http-monitor",
        autogenerate_session_id=False,
        form_encode_query_params=True,  # lists of names are longer than a URL may be
        dedicated_pool=True,
    )


def _bound(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters as the driver binds them: tuples would not be arrays."""
    return {name: given if isinstance(given, str | int | float) else list(given) for name, given in parameters.items()}


def _settings(settings: Mapping[str, int], token: str) -> dict[str, int | str]:
    if "async_insert" not in settings or not token:
        return dict(settings)
    return {**settings, "async_insert_deduplicate": 1, "insert_deduplication_token": token}
