"""Scapy as in its documentation: `python scapy_sniff.py FILE.pcap|INTERFACE [session]`.

It prints a line for each message: the request target, or an empty one and the status. In a virtual environment with
Scapy 2.4.5 and scapy-http, the latter does the dissecting. On an interface it prints "ready", and SIGINT ends it.
"""

import sys
from typing import Any

import scapy.layers.inet
import scapy.layers.l2  # noqa: F401 (the packets' outer layers)
from scapy.sendrecv import sniff
from scapy.sessions import TCPSession

try:
    from scapy_http.http import HTTPRequest, HTTPResponse  # type: ignore[import-not-found]
except ImportError:
    from scapy.layers.http import HTTPRequest, HTTPResponse


def tell(packet: Any) -> None:
    """Print the packet's content."""
    if HTTPRequest in packet:
        print((packet[HTTPRequest].Path or b"").decode("latin-1"), "", "", sep="\t")
    elif HTTPResponse in packet:
        print("", status(packet[HTTPResponse]).decode("latin-1"), "", sep="\t")


def status(response: Any) -> bytes:
    """Return the status code, which the two packages name differently."""
    if "Status_Code" in response.fields:
        return bytes(response.Status_Code or b"")
    return bytes((response.fields["Status-Line"] or b"").split(b" ")[1])


def main() -> None:
    """Read the file or the interface."""
    wanted: dict[str, Any] = {"session": TCPSession} if "session" in sys.argv[2:] else {}
    if sys.argv[1].endswith(".pcap"):
        wanted["offline"] = sys.argv[1]
    else:
        wanted.update(iface=sys.argv[1], filter="tcp port 80", started_callback=lambda: print("ready", flush=True))
    sniff(prn=tell, store=False, **wanted)


if __name__ == "__main__":
    main()
