"""The command line of `exercise.py proxy`: a reverse proxy in the way of the traffic that it monitors."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from capture.ports import Ports, parse_ports
from cli.arguments import Arguments, read_arguments, refuse_contradictions
from cli.build import PROGRAM
from cli.options import make_parser
from proxy.arguments import ProxyArguments
from proxy.ends import EndError, Listening, listening

_EXAMPLES: Final = """\
examples:
  exercise.py proxy --listen :8080 --upstream 127.0.0.1:3000
                                         pass requests on, and monitor them
  exercise.py proxy --listen :443 --cert fullchain.pem --key privkey.pem --upstream 127.0.0.1:8080
                                         terminate TLS, with HTTP/1.1 and HTTP/2
  exercise.py proxy --listen :443 --cert a.pem --cert b.pem --listen http://:80 --upstream https://10.0.0.2 ...
                                         several certificates (with their keys in the same files) and listeners
  exercise.py proxy ... --crs            say which requests the Core Rule Set would refuse
  exercise.py proxy ... --crs --route '/ enforce open 50ms' --route '/admin enforce closed 200ms'
                                         refuse them; without a verdict in time, requests to /admin too

SIGHUP loads certificates and rules anew; SIGTERM and Ctrl+C let requests end first.
"""
INTERFACE: Final = "proxy"
"""What stands for the interface, as in the name of the history file."""


def parse_proxy(argv: Sequence[str]) -> Arguments:
    """Return the arguments. --help and wrong usage end the program."""
    parser = proxy_parser()
    given = parser.parse_args(argv)
    refuse_contradictions(parser, given)
    try:
        listen = tuple(listening(text, bool(given.cert)) for text in given.listen)
    except EndError as error:
        parser.error(str(error))
    proxy = ProxyArguments(listen, tuple(given.upstream), tuple(given.cert), tuple(given.key))
    arguments = read_arguments(given)
    if given.routes:
        arguments.settings["waf_routes"] = ",".join(given.routes)
    return replace(arguments, proxy=proxy, interface=INTERFACE, ports=_ports(listen))


def _ports(listen: Sequence[Listening]) -> Ports:
    """Return the ports of all sockets; any if one is not known yet."""
    ports = [each.port for each in listen]
    return Ports(ports) if all(ports) else parse_ports("any")


def proxy_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `proxy`."""
    parser = make_parser(f"{PROGRAM} proxy", captures=False)
    parser.description = (
        "A reverse proxy that terminates TLS, refuses what is ambiguous, and monitors what it passes on."
    )
    parser.epilog = _EXAMPLES.replace("exercise.py", PROGRAM)
    add = parser.add_argument_group("proxy").add_argument
    add(
        "--listen", metavar="ADDRESS", action="append", required=True,
        help="where clients connect: :443, 192.0.2.1:8443, http://:80, or fd:0 for a socket of systemd's; may be "
        "repeated",
    )  # fmt: skip
    add(
        "--upstream", metavar="URL", action="append", required=True,
        help="server that requests are passed to: 127.0.0.1:8080, https://HOST, h2c://HOST:PORT, h2://HOST or "
        "unix:/PATH; may be repeated",
    )  # fmt: skip
    add(
        "--cert", metavar="FILE", action="append", default=[],
        help="certificate with its chain, in PEM; may be repeated: clients get the one for the name they ask for",
    )  # fmt: skip
    add(
        "--key", metavar="FILE", action="append", default=[],
        help="private key in PEM, one for each --cert in the same order (default: in the same files)",
    )  # fmt: skip
    add(
        "--route", metavar="ROUTE", dest="routes", action="append", default=[],
        help="how the rules of --crs judge requests for a path or host, such as '/admin enforce closed 100ms'; may be "
        "repeated (default: '/ shadow open')",
    )  # fmt: skip
    return parser
