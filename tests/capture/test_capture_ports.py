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
def test_ports_are_parsed_and_printed(text: str, members: set[int], printed: str) -> None:
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
        ("8100-8000", "port range '8100-8000' is reversed; did you mean 8000-8100?"),
        ("", "is not a valid port list"),
        ("80,", "is not a valid port list"),
        ("http", "is not a valid port list"),
        ("80-", "is not a valid port list"),
        ("-80", "is not a valid port list"),
        ("1-2-3", "is not a valid port list"),
        ("٨٠", "is not a valid port list"),
        ("8 0", "is not a valid port list"),
    ],
)
def test_invalid_ports_are_rejected_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        parse_ports(text)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
