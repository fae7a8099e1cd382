"""The options of `exercise.py`: its parser."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any, Final

from capture.core import decoder_name
from cli.build import COMMAND, PROGRAM, VERSION
from cli.parser import OneLineParser, address_and_port, name_and_value, names, parse_seconds, ports, whole

_EXAMPLES = """\
examples:
  exercise.py -i eth0 -p 80              watch port 80 on eth0
  exercise.py -i any -p 80,8000-8100     watch several ports on all interfaces
  exercise.py -r trace.pcap              read a capture file
  exercise.py --demo                     a built-in web server with simulated visitors
  exercise.py report --since 7d          totals from the history; see exercise.py report --help
  exercise.py anomalies --since 7d       what was unusual; see exercise.py anomalies --help
  exercise.py collect --help             take what many sensors count, in one place
  exercise.py watch --store URL          the screen of many sensors; see exercise.py watch --help
  exercise.py waf -r trace.pcap          what a web application firewall would have blocked
  exercise.py learn --labels marks.json  learn from labelled exchanges; see exercise.py learn --help
  exercise.py proxy --help               a reverse proxy with TLS that monitors and protects
  exercise.py blocks lift 203.0.113.7    lift a block; see exercise.py blocks --help
  exercise.py signals mute response_time --for 2h    signals of a running monitor; see exercise.py signals --help
  exercise.py --set average_threshold=25 alert when traffic is 25 percent above the baseline

Capturing needs root or the capability CAP_NET_RAW; -r and --demo do not. Ctrl+C stops the program.
"""

LOG_FORMATS = ("ecs", "ocsf", "cef", "leef")
"""Formats of the log."""
SHELLS = ("bash", "zsh", "fish")
"""The shells in which the command line can be completed."""
FRONTS = ("nft", "haproxy", "nginx", "proxy")
"""What can refuse clients."""
UIS = ("auto", "full", "console", "json")
"""Display modes; `auto` depends on whether there is a terminal."""
NO_SOURCE: Final[dict[str, Any]] = {
    "interface": None, "port": None, "owners": None, "read": None, "keys": [], "filter": "", "demo": False,
    "list_interfaces": False,
}  # fmt: skip
"""Options that choose what to capture, as if none was given."""


class _Parser(OneLineParser):
    def print_help(self, file: Any = None) -> None:
        _print(self.format_help().rstrip("\n"))


def _print(text: str) -> None:
    """Print a text. End the program if nobody reads it any more, as after a pipe to `head`."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The interpreter would complain about what is still buffered.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


class _PrintCompletion(argparse.Action):
    """Prints a shell's completion script and ends the program, like --help."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None) -> None:
        from cli.completion import completion

        _print(completion(make_parser(COMMAND), values))
        parser.exit()


def make_parser(program: str = PROGRAM, captures: bool = True) -> argparse.ArgumentParser:
    """Return the parser of the command line; `program` is the name in its messages. Unless the program `captures`, no
    option chooses what to capture.
    """
    parser = _Parser(
        prog=program,
        description="A passive HTTP monitor: what is busy, what is slow, and alerts when traffic leaves its baseline.",
        epilog=_EXAMPLES.replace("exercise.py", program),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    add = parser.add_argument_group("what to watch").add_argument
    if captures:
        _add_sources(add)
    else:
        parser.set_defaults(**NO_SOURCE)
    add(
        "--protocols", metavar="NAMES", type=names,
        help="what to decode besides HTTP/1: http2,websocket,operations,tls,dns,quic; or +dns, or none "
        "(default: all but dns)",
    )  # fmt: skip
    add(
        "--trusted-proxies", metavar="NETWORKS", type=names,
        help="proxies that may name the client in X-Forwarded-For, Forwarded or the PROXY protocol: 10.0.0.0/8,::1; or "
        "+203.0.113.7, or none (default: private addresses and this host)",
    )  # fmt: skip
    add(
        "--indicators", metavar="FILE", action="append", default=[],
        help="find traffic listed in this file of threat intelligence (abuse.ch, MISP, STIX, Zeek, lists), may be "
        "repeated; see docs/detection.md",
    )  # fmt: skip
    add(
        "--sigma", metavar="PATH", action="append", default=[],
        help="find traffic by the Sigma rules in this file or folder, may be repeated; see docs/detection.md",
    )  # fmt: skip
    add(
        "--suricata", metavar="PATH", action="append", default=[],
        help="find traffic by Suricata's rules for HTTP, DNS and TLS in this file or folder, may be repeated; see "
        "docs/detection.md",
    )  # fmt: skip
    add(
        "--yara", metavar="PATH", action="append", default=[],
        help="find malware in uploads and downloads by the YARA rules in this file or folder, may be repeated; see "
        "docs/detection.md",
    )  # fmt: skip
    add(
        "--crs", metavar="PATH", nargs="?", const="", action="append",
        help="find what a web application firewall would block: a folder of the OWASP Core Rule Set or files of "
        "ModSecurity, may be repeated (default: those of Debian); see docs/waf.md",
    )  # fmt: skip
    add(
        "--model", metavar="FILE",
        help="find requests that look like those labelled bad, by a model of `learn`; see docs/learning.md",
    )  # fmt: skip
    add("--only", metavar="FILTER", default="", help="count and log only exchanges that match: 'status:5xx or time>1s'")
    add("-c", "--count", metavar="N", type=whole, help="stop after N packets")
    add("--duration", metavar="SECONDS", type=parse_seconds, help="stop after this many seconds")

    add = parser.add_argument_group("display").add_argument
    add(
        "--ui",
        choices=UIS,
        default=UIS[0],
        help="display mode: auto is full on a terminal, otherwise console; json prints one line per refresh",
    )
    add("--no-color", action="store_true", help="no colours; setting the environment variable NO_COLOR does the same")
    add("-q", "--quiet", action="store_true", help="no dashboard: only alerts, and the summary at the end")

    add = parser.add_argument_group("files and other outputs").add_argument
    add("--log", metavar="FILE", help="write one line per exchange; - is standard output, without a dashboard")
    add("--log-format", choices=LOG_FORMATS, help="format of the log, see docs/siem.md (default: ecs, which is JSON)")
    add(
        "--log-syslog", metavar="ADDRESS",
        help="send the log to this syslog daemon: tls://HOST:6514, tcp://HOST:601, udp://HOST:514 or /dev/log",
    )  # fmt: skip
    add("-w", "--write", metavar="FILE", help="write the packets to a pcap or .pcapng file; - is standard output")
    add("--embed-keys", action="store_true", help="also write the keys of --keys to .pcapng files (-w, --incidents)")
    add("--labels", metavar="FILE", help="append exchanges that you mark on the full screen, for `learn`")
    add("--report", metavar="FILE", help="write an HTML page with charts and tables at the end; - is standard output")
    add(
        "--history",
        metavar="FILE",
        help="long-term history file, or `none` (default when live: the file `report` reads)",
    )
    add(
        "--prometheus", metavar="ADDRESS:PORT", type=address_and_port,
        help="serve Prometheus metrics at this address; a port alone listens on 127.0.0.1",
    )  # fmt: skip
    add(
        "--otlp", metavar="URL",
        help="send metrics to this OpenTelemetry collector, as http://localhost:4318; env: the URL in "
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    )  # fmt: skip
    add(
        "--incidents",
        metavar="DIR",
        help="keep packets and a summary of each alert in this folder; -r DIR/... opens one",
    )
    add(
        "--store", metavar="URL",
        help="also send everything counted to this store of many sensors: clickhouse://USER@HOST/DATABASE or "
        "https://HOST; see docs/fleet.md",
    )  # fmt: skip
    add("--sensor", metavar="NAME", help="name of this sensor in the store (default: the name of this host)")
    add("--vantage", metavar="NAME", help="where in the network this sensor captures, such as edge")
    add("--spool", metavar="DIR", help="folder for what the store does not have yet (default: beside the history file)")
    add(
        "--block", metavar="FRONT", action="append", choices=FRONTS,
        help="have a front refuse clients because of findings: nft, haproxy, nginx or our own proxy, may be repeated; "
        "a dry run unless --block-dry-run=false; see docs/protecting.md",
    )  # fmt: skip
    add(
        "--block-dry-run", choices=("true", "false"), nargs="?", const="true",
        help="only say who would be blocked (default: true)",
    )  # fmt: skip
    add("--on-alert", metavar="CMD", help="run this command when an alert is raised or dismissed; see docs/notices.md")
    add("--test-notice", action="store_true", help="send one notice to every receiver, print the results, and exit")

    add = parser.add_argument_group("settings and rights").add_argument
    add("--config", metavar="FILE", help="settings file (default: http-monitor/config.toml in $XDG_CONFIG_HOME)")
    add(
        "--set",
        metavar="NAME=VALUE",
        dest="settings",
        action="append",
        type=name_and_value,
        default=[],
        help="change a setting, may be repeated; --show-config lists them",
    )
    add("--show-config", action="store_true", help="print all settings in the format of a settings file, and exit")
    add(
        "--user",
        metavar="NAME",
        help="switch to this user once the capture is open (default: the sudo caller, otherwise nobody)",
    )

    add = parser.add_argument_group("the program itself").add_argument
    add("-h", "--help", action="help", help="show this help and exit")
    add("-V", "--version", action="version", version=f"%(prog)s {VERSION} (decoder: {decoder_name()})")
    add("-v", "--verbose", action="store_true", help="log progress to standard error")
    add(
        "--print-completion",
        choices=SHELLS,
        action=_PrintCompletion,
        help="print a completion script for this shell, and exit",
    )
    return parser


def _add_sources(add: Callable[..., argparse.Action]) -> None:
    """Add the options that choose what to capture."""
    add("-i", "--interface", metavar="NAME", help="network interface to capture on, or any (default: eth0)")
    add("-p", "--port", metavar="PORTS", type=ports, help="TCP ports: 80 or 80,8080 or 8000-8100 or any (default: 80)")
    add(
        "--owners", choices=("all", "host", "none"),
        help="name the processes and containers behind connections: all; host: not in other networks of this host "
        "(default: all)",
    )  # fmt: skip
    add(
        "-r", "--read", metavar="FILE",
        help="read a capture file instead (pcap or pcapng), or the folder of an incident; - is standard input",
    )  # fmt: skip
    add(
        "--keys", metavar="FILE", action="append", default=[],
        help="decrypt TLS with this key log (SSLKEYLOGFILE), may be repeated, or with ebpf; see docs/https.md",
    )  # fmt: skip
    add("-f", "--filter", metavar="BPF", default="", help="also restrict capture with this BPF filter")
    add("--demo", action="store_true", help="watch a built-in web server with simulated visitors")
    add("-D", "--list-interfaces", action="store_true", help="list the interfaces and exit")
