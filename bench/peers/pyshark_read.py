"""pyshark as in its documentation: `python pyshark_read.py FILE`.

It prints a line for each message: request target, status, and the URL that was answered.
"""

import sys

import pyshark  # type: ignore[import-not-found]  # there in an environment of its own


def main() -> None:
    """Read the file."""
    with pyshark.FileCapture(sys.argv[1], display_filter="http", keep_packets=False) as packets:
        for packet in packets:
            fields = (packet.http.get(name) or "" for name in ("request_uri", "response_code", "response_for_uri"))
            print(*fields, sep="\t")


if __name__ == "__main__":
    main()
