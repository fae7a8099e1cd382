"""An exchange as a curl command, as a shell and curl read it, whatever the peers sent."""

import subprocess

import pytest
from records import ended, request

from view.curl import curl_command
from view.exchange_line import Discretion

HOSTILE = (
    "'; touch /tmp/owned; '",
    "$(touch /tmp/owned)",
    "`touch /tmp/owned`",
    "!!",
    '"',
    "\\",
    "--output /etc/passwd",
    "@/etc/passwd",
    "a b",
    "é",
    "*",
    "-o",
)
AGENT = "curl/8.5"


def words(target: str = "/", **fields: str) -> list[str]:
    """Let a shell read the command, with a function in curl's place that prints its arguments."""
    made = request(1.0, target=target, **{"host": "shop", "user_agent": AGENT, **fields})
    command = curl_command(ended(made, 200, 0.1), Discretion(queries=True, credentials=True))
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{command}"
    told = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, timeout=10)
    assert told.stderr == b""
    return told.stdout.decode().split("\0")[:-1]


USUAL = ["--header", "Host: shop", "--header", f"User-Agent: {AGENT}"]


def test_a_plain_request_is_its_url_and_the_fields_that_matter() -> None:
    assert words("/cart?item=1") == [*USUAL, "http://10.0.0.5:80/cart?item=1"]
    assert words(method="HEAD") == ["--head", *USUAL, "http://10.0.0.5:80/"]
    assert words(method="DELETE", version="1.0")[:3] == ["--request", "DELETE", "--http1.0"]
    assert words(referrer="http://a/")[4:6] == ["--header", "Referer: http://a/"]
    assert words(host="", user_agent="")[:4] == ["--header", "Host:", "--header", "User-Agent:"]
    assert words(server="2001:db8::5")[-1] == "http://[2001:db8::5]:80/"


def test_http2_is_asked_for_and_what_is_not_plain_http_has_no_command() -> None:
    asked = ended(request(1.0, version="2"), 200, 0.1, protocol="h2")
    assert curl_command(asked, Discretion()).startswith("curl --http2-prior-knowledge --header")
    assert [curl_command(asked._replace(protocol=name), Discretion()) for name in ("grpc", "websocket")] == ["", ""]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_peer_leaves_its_word(text: str) -> None:
    assert words(method=text)[:2] == ["--request", text]
    assert words(host=text)[:2] == ["--header", f"Host: {text}"]
    assert words(user_agent=text)[2:4] == ["--header", f"User-Agent: {text}"]
    assert words(referrer=text)[4:6] == ["--header", f"Referer: {text}"]
    assert words(text)[-3:] == ["--request-target", text, "http://10.0.0.5:80/"]


@pytest.mark.parametrize("target", ["/a/../b", "/.", "/{a,b}[1-9]", "/a#b", "/a b", "*", "http://other/x"])
def test_targets_that_curl_would_change_are_sent_as_they_were(target: str) -> None:
    assert words(target)[-3:] == ["--request-target", target, "http://10.0.0.5:80/"]


def test_what_is_hidden_is_not_in_the_command() -> None:
    made = request(1.0, target="/cart?token=s3cret", host="me:s3cret@shop", referrer="http://a/?s3cret")
    command = curl_command(ended(made, 200, 0.1), Discretion())
    assert "s3cret" not in command
    assert command.endswith("/cart")


def test_there_is_no_command_without_the_request() -> None:
    assert curl_command(ended(request(1.0), 200, 0.1)._replace(request=None), Discretion()) == ""


def test_unknown_fields_are_left_to_curl() -> None:
    unknown = "(unknown)"
    assert words("/cart", host=unknown, user_agent=unknown, referrer=unknown) == ["http://10.0.0.5:80/cart"]


def test_without_method_or_target_there_is_no_command() -> None:
    for made in (request(method="(unknown)"), request(target="(unknown)")):
        assert curl_command(ended(made, 200, 0.1), Discretion()) == ""


def test_what_was_decrypted_is_sent_over_tls() -> None:
    one = ended(request(1.0, target="/a", host="shop", user_agent=AGENT, server="10.0.0.2", server_port=443), 200, 0.1)
    named = one._replace(tls_version="TLS 1.3", server_name="shop.example.com", protocol="h2")
    command = curl_command(named, Discretion())
    assert "curl --http2 " in command
    assert "--resolve shop.example.com:443:10.0.0.2 https://shop.example.com:443/a" in command
    unnamed = curl_command(named._replace(server_name=""), Discretion())
    assert unnamed.endswith("--insecure https://10.0.0.2:443/a")
    hostile = curl_command(named._replace(server_name="-o.x;`y`"), Discretion())
    assert "`" not in hostile
