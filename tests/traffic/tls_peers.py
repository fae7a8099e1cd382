"""A client and a server that talk TLS, by OpenSSL in this process: what they send is a talk. A key log has its secrets.

talk = TlsTalk(folder)
talk.client(get("/cart")).server(response(200)).close()
decrypted(talk)
"""

import shutil
import ssl
import subprocess
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp

import pytest
from decoders import MAKERS, fed, finished
from wire import CLIENT, SERVER, Decoded, Talk

from capture.intake import Decodes
from traffic.frame import Frame
from traffic.limits import Limits
from traffic.protocols import PROTOCOLS

NAME = "shop.example.com"
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
NO_ENCRYPT_THEN_MAC = 1 << 19
"""OpenSSL's SSL_OP_NO_ENCRYPT_THEN_MAC, which the module `ssl` does not name."""


@cache
def certificate(kind: str) -> str:
    """Make a certificate with its key, for the keys of this kind: `rsa` or `ec`."""
    if shutil.which("openssl") is None:
        pytest.skip("not installed: openssl")
    path = Path(mkdtemp()) / "both.pem"
    keys = {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}[kind]
    command = ["openssl", "req", "-x509", "-newkey", *keys, "-nodes", "-days", "9", "-subj", f"/CN={NAME}"]
    subprocess.run([*command, "-keyout", path, "-out", path.with_suffix(".crt")], check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return str(path)


class TlsTalk(Talk):
    """A connection; each call encrypts what one side says, and sends it in segments."""

    def __init__(
        self,
        folder: Path,
        version: ssl.TLSVersion = TLS_1_3,
        ciphers: str = "",
        *,
        alpn: tuple[str, ...] = (),
        options: int = 0,
        kind: str = "ec",
        session: "ssl.SSLSession | None" = None,
        contexts: "tuple[ssl.SSLContext, ssl.SSLContext] | None" = None,
        size: int = 1460,
        port: int = 40000,
    ) -> None:
        super().__init__(client_port=port, server_port=443, segment_size=size)
        self.log = folder / "keys.log"
        self.contexts = contexts or self._made(version, ciphers, alpn, options, kind)
        self._buffers = [ssl.MemoryBIO() for _ in range(4)]
        inward, outward = self._buffers[:2], self._buffers[2:]
        self.peers = (
            self.contexts[CLIENT].wrap_bio(inward[CLIENT], outward[CLIENT], server_hostname=NAME, session=session),
            self.contexts[SERVER].wrap_bio(inward[SERVER], outward[SERVER], server_side=True),
        )
        self._shake_hands()

    def _made(
        self, version: ssl.TLSVersion, ciphers: str, alpn: tuple[str, ...], options: int, kind: str
    ) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate(kind))
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        client.keylog_filename = str(self.log)
        for context in (client, server):
            context.minimum_version = context.maximum_version = version
            context.options |= options
            if ciphers:
                context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
            if alpn:
                context.set_alpn_protocols([*alpn])
        return client, server

    def __repr__(self) -> str:
        return f"TlsTalk of {len(self.segments)} segments"

    @property
    def keys(self) -> bytes:
        """What was written to the key log so far."""
        return self.log.read_bytes()

    def _shake_hands(self) -> None:
        for _ in range(6):
            for side in (CLIENT, SERVER):
                with suppress(ssl.SSLWantReadError):
                    self.peers[side].do_handshake()
                self._move(side)

    def _move(self, side: int, size: int = 0, *, lost: bool = False) -> bytes:
        """Send what a side has encrypted; return it."""
        sent = self._buffers[2 + side].read()
        self._buffers[1 - side].write(sent)
        super().say(side, sent, size, lost=lost)
        return sent

    def client(self, data: bytes, size: int = 0, *, lost: bool = False) -> "TlsTalk":
        return self.say(CLIENT, data, size, lost=lost)

    def server(self, data: bytes, size: int = 0, *, lost: bool = False) -> "TlsTalk":
        return self.say(SERVER, data, size, lost=lost)

    def say(self, side: int, data: bytes, size: int = 0, *, lost: bool = False) -> "TlsTalk":
        """Encrypt `data`, and send it in segments of `size` bytes."""
        self.peers[side].write(data)
        self._move(side, size, lost=lost)
        left = len(data)
        while left > 0:
            left -= len(self.peers[1 - side].read(2**14))
        return self

    def notify(self, side: int) -> "TlsTalk":
        """Say that this side ends."""
        with suppress(ssl.SSLWantReadError):
            self.peers[side].unwrap()
        self._move(side)
        return self


def decoder(*, limits: Limits | None = None, keys: bytes = b"", wanted: frozenset[type] = frozenset()) -> Decodes:
    """Create a decoder with the secrets of a key log. The test is skipped if the core is not built."""
    if "core" not in MAKERS:
        pytest.skip("the core is not built: make fast")
    core = import_module("http_monitor_core")
    made: Decodes = core.Decoder(b"\1" * 2**16, limits or Limits(), None, wanted, PROTOCOLS, True)
    made.add_secrets(keys)
    return made


def decrypted(
    talk: TlsTalk,
    frames: list[Frame] | None = None,
    *,
    keys: bytes | None = None,
    limits: Limits | None = None,
    wanted: frozenset[type] = frozenset(),
) -> Decoded:
    """Decode a talk with the secrets of its key log, or with others."""
    one = decoder(limits=limits, keys=talk.keys if keys is None else keys, wanted=wanted)
    records = fed(one, talk.frames if frames is None else frames) + finished(one)
    assert not one.faults()
    return Decoded(records, one.health, one.held)
