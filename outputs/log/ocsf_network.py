"""Exchanges, lookups, handshakes and QUIC connections as network activities of the Open Cybersecurity Schema Framework.

Pure. Each function takes the fields that it understands out of `fields`.
"""

from typing import Any, Final

from outputs.log.event import url as whole_url
from outputs.log.kinds import Fields
from outputs.log.ocsf_objects import Part, connection, endpoints, ja4, outcome, taken

OTHER: Final = 99
TRAFFIC: Final = 6
METHODS: Final = {
    "CONNECT": 1, "DELETE": 2, "GET": 3, "HEAD": 4, "OPTIONS": 5, "POST": 6, "PUT": 7, "TRACE": 8,
}  # fmt: skip
"""Activities of HTTP, and the methods that the schema knows."""
HANDSHAKES: Final = {"established": 1, "failed": 4}
"""Activities Open and Fail."""
RESPONSE_CODES: Final = {
    "NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5, "YXDOMAIN": 6, "YXRRSET": 7,
    "NXRRSET": 8, "NOTAUTH": 9, "NOTZONE": 10, "DSOTYPENI": 11,
}  # fmt: skip
OPERATIONS: Final = {"QUERY": 0, "IQUERY": 1, "STATUS": 2, "NOTIFY": 4, "UPDATE": 5, "DSO": 6}
_QUERY: Final = 1
_REGULAR_FILE: Final = 1
_HASHES: Final = (("file.hash.md5", 1, "MD5"), ("file.hash.sha1", 2, "SHA-1"), ("file.hash.sha256", 3, "SHA-256"))
"""Fields with hashes, and the numbers and names of their algorithms."""


def http(fields: Fields) -> Part:
    """Return an HTTP Activity."""
    address = fields.get("destination.ip", "")
    method = fields.get("http.request.method", "")
    activity: Part = {"activity_id": METHODS.get(method, OTHER if method else 0)}
    if activity["activity_id"] == OTHER:
        activity["activity_name"] = method
    return {
        **activity,
        **outcome(fields),
        **({"status_code": str(fields["http.response.status_code"])} if "http.response.status_code" in fields else {}),
        **endpoints(fields),
        "connection_info": connection(address, "tcp"),
        "http_request": _request(fields),
        **_response(fields),
        **_tls(fields),
        **taken(fields, app_name="network.protocol"),
        **_missed(fields),
        **_actor(fields),
    }


def file(fields: Fields) -> Part:
    """Return an HTTP Activity with a file: its name is not known, so that it is called like its path."""
    address, action = fields.get("destination.ip", ""), fields.pop("event.action")
    path, host = fields.pop("url.path", ""), fields.pop("url.domain", "")
    hashes = [
        {"algorithm_id": number, "algorithm": name, "value": fields.pop(field)}
        for field, number, name in _HASHES
        if field in fields
    ]
    named: Part = {"name": path.rpartition("/")[2] or "(unknown)", "type_id": _REGULAR_FILE}
    return {
        "activity_id": OTHER,
        "activity_name": action,
        **endpoints(fields),
        "connection_info": connection(address, "tcp"),
        "http_request": {"url": {"path": path or "/", **({"hostname": host} if host else {})}},
        "file": {**named, **taken(fields, size="file.size", mime_type="file.mime_type"), "hashes": hashes},
    }


def lookup(fields: Fields) -> Part:
    """Return a DNS Activity: a query with its response, or without one."""
    address, transport = fields.get("destination.ip", ""), fields.pop("network.transport", "")
    code = fields.pop("dns.response_code", None)
    answered = {"rcode_id": RESPONSE_CODES.get(code, OTHER), "rcode": code} if code else {}
    answers = [{"type": "AAAA" if ":" in ip else "A", "rdata": ip} for ip in fields.pop("dns.resolved_ip", ())]
    fields.pop("dns.type", None)
    return {
        "activity_id": TRAFFIC if code else _QUERY,
        **outcome(fields),
        **endpoints(fields),
        "connection_info": connection(address, transport),
        "query": _query(fields),
        **answered,
        **({"answers": answers} if answers else {}),
        **({"traffic": traffic} if (traffic := taken(fields, bytes_in="destination.bytes")) else {}),
        **taken(fields, app_name="network.protocol"),
    }


def handshake(fields: Fields) -> Part:
    """Return a Network Activity: a connection that was opened, or failed."""
    address = fields.get("destination.ip", "")
    return {
        "activity_id": HANDSHAKES.get(fields.get("http_monitor.handshake", ""), 0),
        **outcome(fields),
        **endpoints(fields),
        "connection_info": connection(address, "tcp"),
        **_tls(fields),
        **ja4(fields),
        **taken(fields, app_name="network.protocol"),
    }


def quic(fields: Fields) -> Part:
    """Return a Network Activity: the traffic of a connection."""
    address = fields.get("destination.ip", "")
    traffic = taken(
        fields,
        bytes_out="source.bytes",
        packets_out="source.packets",
        bytes_in="destination.bytes",
        packets_in="destination.packets",
    )
    server_name = taken(fields, sni="tls.client.server_name")
    return {
        "activity_id": TRAFFIC,
        **endpoints(fields),
        "connection_info": connection(address, fields.pop("network.transport", "")),
        "traffic": traffic,
        **({"tls": {"version": "1.3", **server_name}} if server_name else {}),  # QUIC has no other (RFC 9001)
        **ja4(fields),
        **taken(fields, app_name="network.protocol"),
    }


def _request(fields: Fields) -> Part:
    method = fields.get("http.request.method")
    known = taken(fields, http_method="http.request.method") if method in METHODS else {}
    if method is not None and not known:
        del fields["http.request.method"]  # it is the name of the activity
    url = _url(fields)
    return {
        **known,
        **({"url": url} if url else {}),
        **taken(
            fields,
            version="http.version",
            user_agent="user_agent.original",
            referrer="http.request.referrer",
            body_length="http.request.body.bytes",
        ),
        **_headers(fields, "http.request.headers."),
    }


def _url(fields: Fields) -> Part:
    """Return the URL; the schema wants a string of it or a path."""
    whole = whole_url(fields)
    if not whole:
        return {}
    fields.pop("url.original", None)
    named = taken(fields, scheme="url.scheme", hostname="url.domain", port="url.port", path="url.path")
    return {"url_string": whole, **named, **taken(fields, query_string="url.query")}


def _response(fields: Fields) -> Part:
    if "http.response.status_code" not in fields:  # the schema demands one; the rest stays in `unmapped`
        return {}
    latency = fields.pop("http_monitor.response_time", None)
    response = taken(
        fields,
        code="http.response.status_code",
        body_length="http.response.body.bytes",
        content_type="http.response.mime_type",
    )
    response |= {} if latency is None else {"latency": round(latency / 1e6)}
    return {"http_response": {**response, **_headers(fields, "http.response.headers.")}}


def _headers(fields: Fields, prefix: str) -> Part:
    names = [name for name in fields if name.startswith(prefix)]
    listed = [{"name": name[len(prefix) :], "value": fields.pop(name)} for name in names]
    return {"http_headers": listed} if listed else {}


def _tls(fields: Fields) -> Part:
    """Return what is known of TLS; the schema demands a version, which a failed handshake may not have."""
    known: dict[str, Any] = taken(fields, sni="tls.client.server_name", cipher="tls.cipher", version="tls.version")
    fields.pop("tls.version_protocol", None)
    for attribute, field in (("ja3_hash", "tls.client.ja3"), ("ja3s_hash", "tls.server.ja3s")):
        if field in fields:
            known[attribute] = {"algorithm_id": 1, "algorithm": "MD5", "value": fields.pop(field)}
    if "http_monitor.handshake_time" in fields:
        known["handshake_dur"] = round(fields.pop("http_monitor.handshake_time") / 1e6)
    return {"tls": {"version": "unknown", **known}} if known else {}


def _query(fields: Fields) -> Part:
    operation = fields.pop("dns.op_code", "")
    asked = taken(fields, hostname="dns.question.name", type="dns.question.type")
    return {"hostname": ".", **asked, "opcode_id": OPERATIONS.get(operation, OTHER), "opcode": operation}


def _missed(fields: Fields) -> Part:
    missing = fields.pop("http_monitor.missing_bytes", 0)
    return {"traffic": {"bytes_missed": missing}} if missing else {}


def _actor(fields: Fields) -> Part:
    """Return the process that holds the connection, if its number is known."""
    process = taken(fields, pid="process.pid") if "process.pid" in fields else {}
    if not process:
        return {}
    process |= taken(fields, name="process.name")
    user = taken(fields, name="user.name")
    return {"actor": {"process": {**process, **({"user": user} if user else {})}}}
