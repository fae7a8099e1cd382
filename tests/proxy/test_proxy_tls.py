"""TLS at the front: which certificate a client gets, which versions, and clients' own certificates."""

import ssl
from collections.abc import Iterator

import pytest
from certificates_made import AUTHORITY, Issued, client, issued
from inline_proxy import HAS_PROXY, STRANGERS, Inline, Offer, inline
from origins import Origin, echo, origin
from raw_clients import asked, connected, get, http2, talk

pytestmark = pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast")
CERTIFICATES = [issued("first.example"), issued("shop.example", "www.shop.example"), issued("*.wild.example")]
VERSION_1_2 = ssl.TLSVersion.TLSv1_2


def offer(*, authorities: bytes = b"", needs: bool = False, tls12: bool = True, http2: bool = True) -> Offer:
    pairs = [(each.chain, each.key, "a.pem") for each in CERTIFICATES]
    return pairs, authorities, needs, tls12, http2


@pytest.fixture(scope="module")
def server() -> Iterator[Origin]:
    with origin(echo) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(server: Origin) -> Iterator[Inline]:
    with inline(server.url, listeners=(True, False), offer=offer(), **STRANGERS) as running:
        yield running


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [
        ("first.example", "first.example"), ("shop.example", "shop.example"), ("WWW.Shop.example", "shop.example"),
        ("a.wild.example", "*.wild.example"), ("a.b.wild.example", "first.example"), ("wild.example", "first.example"),
        ("other.example", "first.example"),
    ],
)  # fmt: skip
def test_clients_get_the_certificate_for_the_name_they_ask_for(proxy: Inline, asked_for: str, expected: str) -> None:
    with connected(proxy.port, client(), asked_for) as sock:
        assert isinstance(sock, ssl.SSLSocket)
        found = sock.getpeercert()
    assert found is not None
    assert found["subjectAltName"][0] == ("DNS", expected)


def test_a_client_without_a_name_gets_the_first(proxy: Inline) -> None:
    with connected(proxy.port, client(), "127.0.0.1") as sock:
        assert isinstance(sock, ssl.SSLSocket)
        found = sock.getpeercert()
    assert found is not None
    assert found["subjectAltName"][0] == ("DNS", "first.example")


@pytest.mark.parametrize(("protocols", "chosen"), [(("h2", "http/1.1"), "h2"), (("http/1.1",), "http/1.1"), ((), None)])
def test_the_protocol_is_agreed_upon(proxy: Inline, protocols: tuple[str, ...], chosen: str | None) -> None:
    with connected(proxy.port, client(protocols=protocols)) as sock:
        assert isinstance(sock, ssl.SSLSocket)
        assert sock.selected_alpn_protocol() == chosen


def test_http_2_may_be_left_out(server: Origin) -> None:
    with (
        inline(server.url, listeners=(True,), offer=offer(http2=False)) as proxy,
        connected(proxy.port, client(protocols=("h2", "http/1.1"))) as sock,
    ):
        assert isinstance(sock, ssl.SSLSocket)
        assert sock.selected_alpn_protocol() == "http/1.1"


def test_tls_1_2_may_be_left_out(server: Origin, proxy: Inline) -> None:
    assert asked(proxy.port, get(), tls=client(version=VERSION_1_2)).status == 200
    with inline(server.url, listeners=(True,), offer=offer(tls12=False)) as strict:
        assert asked(strict.port, get(), tls=client()).status == 200
        with pytest.raises(ssl.SSLError, match="protocol version"):
            asked(strict.port, get(), tls=client(version=VERSION_1_2))
        assert strict.count("failed TLS handshakes") == 1


def test_the_upstream_is_told_which_scheme_the_client_used(proxy: Inline) -> None:
    assert b"\r\nx-forwarded-proto: https\r\n" in asked(proxy.port, get(), tls=client()).body.lower()
    with http2(proxy.port, client(protocols=("h2",))) as secured:
        secured.ask(1)
        [stream] = secured.wait(1)
        assert b"\r\nx-forwarded-proto: https\r\n" in stream.data.lower()
    assert b"\r\nx-forwarded-proto: http\r\n" in asked(proxy.ports[1], get()).body.lower()


def test_plain_http_to_a_port_with_tls_gets_an_alert(proxy: Inline) -> None:
    assert talk(proxy.port, get())[:1] == b"\x15"


CLIENT, STRANGER = issued("client@example.com"), issued("evil@example.com", stranger=True)


@pytest.mark.parametrize(
    ("needs", "certificate", "passes"),
    [
        (True, CLIENT, True), (True, None, False), (True, STRANGER, False), (False, CLIENT, True), (False, None, True),
        (False, STRANGER, False),
    ],
)  # fmt: skip
def test_certificates_of_clients(server: Origin, needs: bool, certificate: Issued | None, passes: bool) -> None:
    asks = offer(authorities=AUTHORITY, needs=needs)
    request = get(b"/", b"Client-Cert: :evil:", b"Client-Cert-Chain: :evil:")
    with inline(server.url, listeners=(True,), offer=asks, **STRANGERS) as proxy:
        before = len(server.received)
        if not passes:
            with pytest.raises(OSError, match=r"alert|reset"):
                asked(proxy.port, request, tls=client(certificate))
            assert len(server.received) == before
            return
        head = asked(proxy.port, request, tls=client(certificate)).body
    assert b"evil" not in head
    assert (b"\r\nclient-cert: :MII" in head.replace(b"Client-Cert:", b"client-cert:")) == (certificate is not None)


@pytest.mark.parametrize(
    ("chain", "key", "message"),
    [
        (b"", CLIENT.key, "no certificate in PEM"),
        (CLIENT.chain, b"", "no key in PEM"),
        (CLIENT.chain, STRANGER.key, "the key is not that of the certificate"),
    ],
)
def test_what_cannot_be_used_is_named(chain: bytes, key: bytes, message: str) -> None:
    pairs = [(CERTIFICATES[0].chain, CERTIFICATES[0].key, "good.pem"), (chain, key, "bad.pem")]
    with (
        pytest.raises(ValueError, match=rf"bad\.pem.*{message}|{message}.*bad\.pem"),
        inline("127.0.0.1:1", listeners=(True,), offer=(pairs, b"", False, True, True)),
    ):
        pass


def test_another_certificate_is_offered_to_new_connections(server: Origin) -> None:
    with inline(server.url, listeners=(True,), offer=offer()) as proxy, connected(proxy.port, client()) as before:
        new = issued("new.example")
        proxy.core.offer(([(new.chain, new.key, "new.pem")], b"", False, True, True))
        with pytest.raises(ValueError, match="PEM"):
            proxy.core.offer(([(b"", b"", "bad.pem")], b"", False, True, True))
        before.sendall(get())
        assert before.recv(100).startswith(b"HTTP/1.1 200")
        with connected(proxy.port, client()) as after:
            assert isinstance(after, ssl.SSLSocket)
            found = after.getpeercert()
    assert found is not None
    assert found["subjectAltName"] == (("DNS", "new.example"),)
