"""Objects of the Open Cybersecurity Schema Framework that several of its classes have. Pure.

Each function takes the fields that it understands out of `fields`, so that the others are left for `unmapped`.
"""

from typing import Any, Final

from outputs.log.event import client
from outputs.log.kinds import Fields

Part = dict[str, Any]
_NUMBERS: Final = {"tcp": 6, "udp": 17}


def taken(fields: Fields, **names: str) -> Part:
    """Return an object with the fields that are known, by the names of its attributes."""
    return {attribute: fields.pop(field) for attribute, field in names.items() if field in fields}


def endpoints(fields: Fields) -> Part:
    """Return both ends. Behind a trusted proxy, the source is the client that the proxy named."""
    address, proxy = client(fields)
    port = taken(fields, port="source.port")
    source: Part = {"ip": address} if address else {}
    if proxy:
        source["proxy_endpoint"] = {"ip": proxy, **port}
    elif address:
        source |= port
    fields.pop("client.ip", None)
    fields.pop("source.ip", None)
    destination = taken(fields, ip="destination.ip", port="destination.port")
    return {
        **({"src_endpoint": source} if source else {}),
        **({"dst_endpoint": destination} if "ip" in destination else {}),
    }


def connection(address: str, transport: str) -> Part:
    """Return the protocols below. Which side is inside a network is not known here, so neither is the direction."""
    version = {"protocol_ver_id": 6 if ":" in address else 4} if address else {}
    number = _NUMBERS.get(transport)
    known = {} if number is None else {"protocol_num": number, "protocol_name": transport}
    return {"direction_id": 0, **known, **version}


def outcome(fields: Fields) -> Part:
    """Return whether it succeeded from the client's point of view."""
    return {"status_id": {"success": 1, "failure": 2}.get(fields.pop("event.outcome", ""), 0)}


def ja4(fields: Fields) -> Part:
    """Return the fingerprint of the client."""
    value = fields.pop("http_monitor.ja4", None)
    return {} if value is None else {"ja4_fingerprint_list": [{"type_id": 1, "value": value}]}
