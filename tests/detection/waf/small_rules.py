"""A rule set that is built like the Core Rule Set, with three rules, and exchanges for it."""

from pathlib import Path
from typing import Final

from detection.inspector import Inspected
from traffic.content import Content

SETUP: Final = """\
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,pass"
"""
START: Final = """\
SecRule &TX:blocking_paranoia_level "@eq 0" "id:901120,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=1"
SecRule &TX:detection_paranoia_level "@eq 0" \\
    "id:901125,phase:1,pass,nolog,setvar:tx.detection_paranoia_level=%{TX.blocking_paranoia_level}"
SecRule &TX:inbound_anomaly_score_threshold "@eq 0" \\
    "id:901100,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=5"
SecRule &TX:outbound_anomaly_score_threshold "@eq 0" \\
    "id:901110,phase:1,pass,nolog,setvar:tx.outbound_anomaly_score_threshold=4"
SecAction "id:901200,phase:1,pass,nolog,setvar:tx.blocking_inbound_anomaly_score=0"
"""
RULES: Final = r"""
SecRule REQUEST_HEADERS:Host "@rx ^[\d.]+$" "id:920350,phase:1,block,msg:'Host header is a numeric IP address',\
    severity:'WARNING',tag:'attack-protocol',tag:'paranoia-level/1',setvar:tx.inbound_anomaly_score_pl1=+3"
SecRule ARGS "@rx (?i)union\s+select" "id:942100,phase:2,block,capture,msg:'SQL injection',severity:'CRITICAL',\
    logdata:'Matched Data: %{TX.0} found within %{MATCHED_VAR_NAME}: %{MATCHED_VAR}',\
    tag:'attack-sqli',tag:'paranoia-level/1',setvar:tx.inbound_anomaly_score_pl1=+5,ver:'OWASP_CRS/9.1.0'"
SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 2" "id:942011,phase:2,pass,nolog,skipAfter:END-STRICT"
SecRule ARGS "@contains '" "id:942110,phase:2,block,msg:'Quote',severity:'ERROR',tag:'attack-sqli',\
    tag:'paranoia-level/2',setvar:tx.inbound_anomaly_score_pl2=+4"
SecMarker END-STRICT
SecRule ARGS "@rx ^(a+)+$" "id:932100,phase:2,block,msg:'Bait'"
SecRule REQBODY_ERROR "!@eq 0" "id:920130,phase:2,block,msg:'Damaged body',severity:'CRITICAL',\
    setvar:tx.inbound_anomaly_score_pl1=+5"
SecAction "id:949060,phase:2,pass,nolog,setvar:tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 2" "id:949061,phase:2,pass,nolog,\
    setvar:tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl2}"
SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" \
    "id:949110,phase:2,deny,msg:'Inbound Anomaly Score Exceeded'"
SecRule RESPONSE_BODY "@contains SQL syntax" "id:951230,phase:4,block,msg:'SQL error',severity:'CRITICAL',\
    tag:'attack-disclosure',setvar:tx.blocking_outbound_anomaly_score=5"
SecRule TX:BLOCKING_OUTBOUND_ANOMALY_SCORE "@ge %{tx.outbound_anomaly_score_threshold}" \
    "id:959100,phase:4,deny,msg:'Outbound Anomaly Score Exceeded'"
"""


def rule_set(folder: Path, **files: str) -> str:
    """Write the rule set into a folder; `files` are more files of rules, by their names without `.conf`."""
    (folder / "rules").mkdir(parents=True)
    (folder / "crs-setup.conf.example").write_text(SETUP)
    written = {"REQUEST-901-INITIALIZATION": START, "REQUEST-942-ATTACK": RULES, **files}
    for name, text in written.items():
        (folder / "rules" / f"{name}.conf").write_text(text)
    return str(folder)


def asked(
    target: str = "/",
    *fields: str,
    body: bytes = b"",
    size: int | None = None,
    answer: bytes = b"",
    status: int = 200,
) -> Inspected:
    """Return an exchange, whose request body had `size` bytes."""
    length = len(body) if size is None else size
    lines = (f"{'POST' if body else 'GET'} {target} HTTP/1.1", "Host: shop.example.com", *fields, "", "")
    head = "\r\n".join(lines).encode("latin-1")
    reply = f"HTTP/1.1 {status} OK\r\nContent-Type: text/html\r\n\r\n".encode()
    content = Content(
        time=1000.0, client="203.0.113.9", client_port=1024, server="192.0.2.1", server_port=80,
        host="shop.example.com", path=target.partition("?")[0], request_head=head, request_body=body,
        request_bytes=length, response_head=reply, response_body=answer, response_bytes=len(answer), missing_bytes=0,
    )  # fmt: skip
    return Inspected(content, 65536)
