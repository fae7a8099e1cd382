import pytest

from capture.ports import parse_ports


@pytest.mark.parametrize(
    ("text", "members", "printed"),
    [
        ("80", {80}, "80"),
        ("80,8080", {80, 8080}, "80,8080"),
        (" 8080 , 80 ", {80, 8080}, "80,8080"),
        ("80,81", {80, 81}, "80,81"),
        ("8000-8003,80", {80, 8000, 8001, 8002, 8003}, "80,8000-8003"),
        ("1-1", {1}, "1"),
        ("80,80", {80}, "80"),
        ("65535", {65535}, "65535"),
    ],
)
def test_ports_are_read_and_print_as_they_were_given(text: str, members: set[int], printed: str) -> None:
    ports = parse_ports(text)
    assert set(ports) == members
    assert str(ports) == printed
    assert parse_ports(str(ports)) == ports
    assert hash(ports) == hash(parse_ports(printed))


@pytest.mark.parametrize("text", ["any", "ANY", "1-65535"])
def test_any_is_every_port(text: str) -> None:
    ports = parse_ports(text)
    assert 1 in ports
    assert 65535 in ports
    assert 0 not in ports
    assert str(ports) == "any"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0", "port 0 is out of range; ports are 1 to 65535"),
        ("65536", "port 65536 is out of range"),
        ("9" * 5000, "is out of range"),
        ("8100-8000", "port range '8100-8000' runs backwards; did you mean 8000-8100?"),
        ("", "is no list of ports"),
        ("80,", "is no list of ports"),
        ("http", "is no list of ports"),
        ("80-", "is no list of ports"),
        ("-80", "is no list of ports"),
        ("1-2-3", "is no list of ports"),
        ("٨٠", "is no list of ports"),
        ("8 0", "is no list of ports"),
    ],
)
def test_bad_ports_are_refused_with_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        parse_ports(text)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
