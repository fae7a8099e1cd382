"""Connections whose addresses are translated: messages recorded on Linux 6.18."""

from capture.owners.conntrack import Translated, parsed, request
from capture.owners.owner import Ends

ON_THE_WIRE = Ends("10.206.0.2", 46978, "10.206.0.1", 8080)
IN_THE_CONTAINER = Ends("10.206.0.2", 46978, "10.207.0.2", 38201)
RECORDED = bytes.fromhex(
    "020000003400018014000180080001000ace0002080002000ace00011c000280050001000600000006000200b7820000060003001f900000"
    "3400028014000180080001000acf0002080002000ace00021c0002800500010006000000060002009539000006000300b782000008000300"
    "000001ae080008000000000008000c00d8dfe46208000b00000000020800070000000077300004802c00018005000100070000000500"
    "02000a000000050003000a00000006000400270000000600050023000000"
)
SIX = Ends("2001:db8::1", 40000, "2001:db8::2", 80)


def test_a_translated_connection_is_read() -> None:
    assert parsed(RECORDED) == Translated(ON_THE_WIRE, IN_THE_CONTAINER)


def test_a_question_has_the_form_that_the_kernel_expects() -> None:
    assert request(1, ON_THE_WIRE._replace(client_port=40000)).hex() == (
        "480000000101010000000000000000000200000034000180"
        "14000180080001000ace0002080002000ace0001"
        "1c0002800500010006000000060002009c400000060003001f900000"
    )


def test_what_is_asked_in_ipv6_can_be_read() -> None:
    both = request(1, SIX)[16:] + request(2, Ends(SIX.server, SIX.server_port, SIX.client, SIX.client_port))[20:]
    assert parsed(both) == Translated(SIX, SIX)


def test_no_message_however_short_does_harm() -> None:
    found = [parsed(RECORDED[:length]) for length in range(len(RECORDED))]
    assert found[:108] == [None] * 108
    assert {one for one in found if one} == {Translated(ON_THE_WIRE, IN_THE_CONTAINER)}
