"""Makes TLS handshakes in memory: `python tls_handshakes.py CERTIFICATE KEY VERSION COUNT [resume]`, after a line on
standard input. Prints the key log, which Python's `ssl` writes for the client and for the server.
"""

import contextlib
import ssl
import sys
import tempfile

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, session: "ssl.SSLSession | None") -> ssl.SSLObject:
    """Return the client of a connection over which a response was read, so that it has a session."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, session=session)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for step in (one.do_handshake, other.do_handshake, one.do_handshake, other.do_handshake):
        with contextlib.suppress(ssl.SSLWantReadError):
            step()
    other.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    one.read(100)
    return one


def main() -> None:
    certificate, key, version, count, *resume = sys.argv[1:]
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = VERSIONS[version]
    print("ready", flush=True)
    sys.stdin.readline()
    with tempfile.NamedTemporaryFile("r") as log:
        client.keylog_filename = server.keylog_filename = log.name
        session = None
        for number in range(int(count)):
            ended = handshake(client, server, session if resume else None)
            session = ended.session
            assert ended.session_reused == bool(resume and number)
        print(log.read(), end="")


if __name__ == "__main__":
    main()
