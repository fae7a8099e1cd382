"""The intended differences between the corpus and the decoder in DNS, with reasons, by name of the capture."""

from conformance_exceptions import Exemption

_NOT_DNS = "the bytes are of another protocol; tshark takes them for DNS, most of it malformed"
_CERTAIN = "on other ports than those of DNS, only whole messages with one question are taken for DNS"
_APART = "the repeated queries were answered apart; the lookup has the answer to the first one, and counts no oddity"

MESSAGES = {
    "ndpi/default__pcap__doq.pcapng": Exemption({"missing": 7}, f"{_NOT_DNS} (QUIC)", _CERTAIN),
    "ndpi/default__pcap__someip_sd_sample.pcap": Exemption({"missing": 6}, f"{_NOT_DNS} (SOME/IP)", _CERTAIN),
    "zeek/quic__vector-max-size-crash.pcap": Exemption({"missing": 1}, f"{_NOT_DNS} (QUIC)", _CERTAIN),
    "ndpi/default__pcap__starcraft_battle.pcap": Exemption({"apart": 3}, _APART, "one lookup, however often asked"),
    "suricata-verify/flow-drop-iponly-02__input.pcap": Exemption(
        {"apart": 2}, _APART, "one lookup, however often asked"
    ),
    "suricata-verify/smb2-07__20171220_smb_psexec_add_user.pcap": Exemption(
        {"apart": 3}, _APART, "one lookup, however often asked"
    ),
    "suricata-verify/dns__dns-incomplete__input.pcap": Exemption(
        {"extra": 1, "wrong": 2},
        "the answer has the id of the query, but another type in its question, so it does not answer it",
        "RFC 5452 section 9.1",
    ),
}
"""Exceptions for the queries and answers as tshark lists them."""

ZEEK = {
    "zeek/dns__mdns-no-assoc.pcap": Exemption(
        {"missing": 3},
        "Zeek calls the responder of multicast DNS a client; here an announcement has no client",
        "RFC 6762 section 6",
    ),
}
"""Exceptions for the rows of Zeek's log."""
