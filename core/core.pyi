"""The Rust decoder as seen from Python: turns frames into batches of records.

This is the contract of the module `http_monitor_core`, which `make fast` or `pip install ./core` builds. Its decoder
has the same interface as `traffic.decoder.Decoder`, and without `protocols` it returns the same records in the same
order, the same health and the same oddities; `tests/attacks/test_differential.py` verifies that. All decisions are made
in the crate `wire`; the crate `http-monitor-core` converts types, and releases the GIL while frames are decoded.

    decoder = Decoder(ports, Limits())
    decoder.feed(frames)        # whenever frames arrive
    decoder.advance(now)        # when none arrive
    decoder.finish()            # at the end of the capture
    batch = decoder.take()      # records completed since the last call

Two threads may share a decoder, one that feeds and one that takes: calls wait for each other.
"""

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from traffic.batch import Texts
from traffic.frames import Frames
from traffic.health import Health
from traffic.limits import Limits
from traffic.merged import MergedBatch

Fault = tuple[str, float, int, bytes]
"""The message of a fault of the core, and the frame that caused it: capture time, link type, bytes."""

OwnerFields = tuple[str, int | None, str, str, str, str, str]
"""Process, its number, its user, container, its number, its image, pod: as in `traffic.records.Exchange`."""

FrameIndex = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int, int | None]
"""Frames in a buffer, column by column: capture times in seconds since the epoch, indexes of the first byte and after
the last one, lengths on the wire in bytes. Then the index of the first incomplete record, and the length it claims if
that is implausible.
"""

@final
class Decoder:
    """Decodes the traffic of the monitored TCP ports. Time is packet time."""

    def __new__(
        cls,
        ports: bytes,
        limits: Limits,
        inner_ip: Callable[[int, bytes], bytes | None] | None = None,
        wanted: frozenset[type] | None = None,
        protocols: frozenset[str] | None = None,
        secrets: bool = False,
    ) -> Decoder:
        """`ports` has one byte per port number, which is not 0 if the port is monitored.

        `inner_ip` finds the IP packet in frames of link-layer types (numbers) that the core does not know. `wanted`
        names the optional kinds of records to emit, out of `traffic.records.OPTIONAL`. `protocols` names what to decode
        besides HTTP/1, out of `traffic.protocols.PROTOCOLS`. With `secrets`, TLS connections are kept ready for
        `add_secrets`; otherwise, only those are decrypted that start after its first call.

        Raises:
            ValueError: There is no such protocol.
        """

    def feed(self, frames: Frames) -> None:
        """Decode frames, in the order of their capture. `frames.buffer` is not copied, and the GIL is released.

        Columns may be arrays (float64 and int64), which are fast, or any sequences; `links` may be one number for all
        frames.
        """

    def add_secrets(self, lines: bytes) -> None:
        """Take secrets of TLS connections: whole lines of a key log (draft-ietf-tls-keylogfile), as programs write it
        to SSLKEYLOGFILE. They decrypt connections that are open, or start later; `Health.secrets` counts them.
        """

    def advance(self, now: float) -> None:
        """Report that no frame was captured until `now`, in seconds since the epoch, so that timeouts can expire."""

    def finish(self, records: int | None = None) -> bool:
        """End the capture: close all connections, and complete their records, until `records` records wait.

        Return whether all are closed. If not, take the records and call it again.
        """

    def take(self) -> Batch:
        """Return the records completed since the last call."""

    @property
    def waiting(self) -> int:
        """Records that wait to be taken; `Limits.waiting_records` limits them, and `Health.lost` counts the rest."""

    @property
    def waiting_characters(self) -> int:
        """Characters of these records, and bytes of their contents, which are limited too."""

    @property
    def held(self) -> int:
        """Bytes of buffered segments, fragments, heads and requests."""

    @property
    def health(self) -> Health:
        """A snapshot of the counters."""

    def asked_owners(self, most: int) -> list[tuple[str, int, str, int]]:
        """Return at most `most` connections whose owners are to be found, the latest first: address and port of client
        and server.

        They are new connections that carry bytes, and those of exchanges whose owners are still unknown. At most 1024
        wait; `Health.unasked_owners` counts the rest.
        """

    def set_owners(
        self, owners: Sequence[OwnerFields], connections: Sequence[tuple[str, int, str, int, float, int]]
    ) -> None:
        """Learn the owners of connections: both ends, the packet time at which the owner was found, and its place in
        `owners`. `Limits.owners` connections are remembered; `Health` counts what is unknown or was forgotten.

        Raises:
            ValueError: An address is none, or there is no such owner.
        """

    def set_listeners(
        self,
        owners: Sequence[OwnerFields],
        local: Sequence[tuple[str, int]],
        listeners: Sequence[tuple[int, str, int, bool, int]],
    ) -> None:
        """Replace the addresses of this host, each with the number of its network, and the sockets that listen there:
        network, address, port, whether several processes accept its connections, and the place of its owner.

        Raises:
            ValueError: An address is none, or there is no such owner.
        """

    def faults(self) -> list[Fault]:
        """Return faults of the core itself since the last call, at most eight. Each cost only its connection."""

@final
class Decoders:
    """Several decoders that share the traffic, each in a thread of its own: together, one `Decoder`.

    Both directions of a TCP connection go to the same one, which is chosen by its addresses and ports; everything else,
    and DNS over TCP, goes to the first. Threads start with the first frames. What is counted, and the records, do not
    depend on their number; the same calls return the same batches. `feed`, `advance` and `add_secrets` only hand over
    their work, and wait only if too much waits; all other methods wait until it is done.
    """

    def __new__(
        cls,
        threads: int,
        ports: bytes,
        limits: Limits,
        inner_ip: Callable[[int, bytes], bytes | None] | None = None,
        wanted: frozenset[type] | None = None,
        protocols: frozenset[str] | None = None,
        secrets: bool = False,
    ) -> Decoders:
        """`threads` is at most 255. The `limits` are those of each decoder; the others are as for `Decoder`.

        Raises:
            ValueError: There is no such protocol.
        """

    def feed(self, frames: Frames) -> None:
        """Decode frames, in the order of their capture. `frames.buffer` must never change."""

    def add_secrets(self, lines: bytes) -> None:
        """Give each decoder secrets of TLS connections."""

    def advance(self, now: float) -> None:
        """See `Decoder`."""

    def finish(self, records: int | None = None) -> bool:
        """See `Decoder`; `records` is for all together.

        Raises:
            RuntimeError: A thread could not be started, or has ended. The methods below raise it, too.
        """

    def take(self) -> MergedBatch:
        """Return the records of all decoders that were completed since the last call."""

    @property
    def waiting(self) -> int:
        """Records that waited after the last frames known to be decoded; a few batches are handed over ahead."""

    @property
    def waiting_characters(self) -> int:
        """Characters of these records."""

    @property
    def held(self) -> int:
        """See `Decoder`."""

    @property
    def health(self) -> Health:
        """The sums of all counters. At most `Limits.server_names` names are of one decoder."""

    def asked_owners(self, most: int) -> list[tuple[str, int, str, int]]:
        """See `Decoder`."""

    def set_owners(
        self, owners: Sequence[OwnerFields], connections: Sequence[tuple[str, int, str, int, float, int]]
    ) -> None:
        """See `Decoder`; each connection's owner is told to its decoder."""

    def set_listeners(
        self,
        owners: Sequence[OwnerFields],
        local: Sequence[tuple[str, int]],
        listeners: Sequence[tuple[int, str, int, bool, int]],
    ) -> None:
        """See `Decoder`."""

    def faults(self) -> list[Fault]:
        """Return faults of the core itself since the last call, at most eight of each decoder."""

@final
class Batch:
    """Records of all kinds: a `traffic.batch.Batch`. Only one thread may use it."""

    def __len__(self) -> int:
        """Return the number of records."""

    def table(self, kind: type) -> Table:
        """Return the records of one kind of `traffic.records`; the table is empty for any other class."""

    def records(self) -> list[Any]:
        """Return all records in the order in which they were emitted. They are built here, at about 1 us each."""

@final
class Table:
    """The records of one kind: a `traffic.batch.Table`. Columns are built on first use and then kept."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def texts(self, name: str) -> Texts:
        """Return a column of texts: int32 codes and the texts they stand for. Codes are valid in this batch only.

        Raises:
            KeyError: There is no such column.
        """

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of whole numbers (int64) or of seconds (float64).

        Raises:
            KeyError: There is no such column.
        """

    def features(self) -> NDArray[np.uint8]:
        """Return the features of the requests of exchanges, one row each with a byte for each of `feature_names`: zeros
        where `Limits.features` did not ask for them. They are built on each call.

        Raises:
            KeyError: The records are no exchanges.
        """

    def records(self) -> list[Any]:
        """Return one record per row."""

def pcap_frames(
    buffer: bytes, position: int, *, little_endian: bool, nanoseconds: bool, header: int, longest: int
) -> FrameIndex:
    """Find the complete records of a pcap file (draft-ietf-opsawg-pcap) in `buffer`, from index `position` on.

    A record header has `header` bytes; a record of more than `longest` bytes is invalid.
    """

def pcapng_frames(
    buffer: bytes, position: int, *, little_endian: bool, interfaces: list[tuple[int, int, int]]
) -> tuple[FrameIndex, NDArray[np.int64]]:
    """Find the enhanced packet blocks of a pcapng file in `buffer`, from index `position` on; also return their link
    types.

    It stops before a block that is invalid or of another kind. For each interface, `interfaces` has the link type,
    ticks per second (at most 2^53) and seconds to add.
    """

def ring_frames(block: NDArray[np.uint8], *, cooked: bool) -> tuple[bytes, FrameIndex]:
    """Copy a block of a TPACKET_V3 ring (linux/if_packet.h) and find its frames; `block` may be the kernel's memory.

    VLAN tags that the kernel removed are restored, and frames of a `cooked` socket get a LINKTYPE_LINUX_SLL2 header
    built from their socket address. Both are written to the copy, in place of the kernel's description of the frame.
    The frames end before the first invalid record.
    """

def decode_content(body: bytes, codings: bytes, longest: int) -> tuple[bytes, str, bool]:
    """Undo the content codings of a body (RFC 9110 section 8.4.1), the last one first, up to `longest` bytes.

    `codings` is the value of Content-Encoding: gzip, deflate, br and zstd are known. Return the bytes, the first
    problem, and whether there are more bytes: the contract of `detection.codings.decoded`, which names the problems.
    The GIL is released.
    """

def lock_down(
    *,
    read: Sequence[str],
    write: Sequence[str],
    create: Sequence[str],
    devices: Sequence[str],
    families: Sequence[int],
    connects: bool,
) -> tuple[int, bool]:
    """Restrict this process for good, and return what is in force: the version of Landlock's interface (0 without
    Landlock), and whether system calls are filtered. No other thread may be running.

    It may read what is below the paths in `read`, also change what is below `write`, create and write files below
    `create`, and use the `devices`; paths that do not exist are ignored. It may make sockets of these `families`, and
    TCP connections if it `connects`.
    """

@final
class Patterns:
    """Finds texts that match one of many regular expressions, in time that is linear in the text."""

    def __new__(cls, rules: Sequence[tuple[str, Sequence[str], float, Sequence[str]]]) -> Patterns:
        """Each rule is a regular expression as of the crate `regex`, its keywords, the least entropy in bits per byte
        of what it finds, and expressions for what is not meant.

        Texts are bytes: classes and case are those of ASCII. If an expression has groups, the first one that takes part
        is what was found. A rule with keywords is searched for only if one of them occurs; their case does not count.

        Raises:
            ValueError: An expression is malformed or too large; its arguments are the reason and the place of the rule.
        """

    def find(self, text: bytes, most: int) -> list[tuple[int, int, int]]:
        """Return the place of the rule, and where the match begins and ends, by rule: of each at most `most`, among
        the first 256 that its expression matches.
        """

@final
class Keywords:
    """Finds which of many words a text has, in time that is linear in the text. The case of ASCII letters does not
    count.
    """

    def __new__(cls, keywords: Sequence[bytes]) -> Keywords:
        """Prepare words; an empty one never occurs.

        Raises:
            ValueError: They are too many.
        """

    def find(self, text: bytes) -> list[int]:
        """Return the places of the words that occur, each once, ascending."""

def card_numbers(text: bytes, most: int) -> tuple[list[tuple[int, int]], int]:
    """Return where payment card numbers begin and end, at most `most`: with the prefix and length of an issuer and the
    right check digit, written without separators or in groups as on the card. Also return how many numbers were like
    them, whatever their check digit: by chance, one in ten is right.
    """

def ibans(text: bytes, most: int) -> list[tuple[int, int]]:
    """Return where IBANs begin and end, at most `most`: with the structure of their country and the right check digits,
    without spaces or with one after every four characters.
    """

def request_features(head: bytes, body: bytes) -> str:
    """Return the features of a request, given its head as sent and the start of its body without transfer codings: two
    hexadecimal digits for each of `feature_names`. An empty head has none. With `Limits.features`, exchanges have them.
    """

def feature_names() -> list[str]:
    """Return the names of the features, in their order; those of categories come first."""

ProxyListener = tuple[str, int | None, bool, bool]
"""Address and port; in place of them the number of a socket that systemd has opened; whether clients speak TLS; whether
connections begin with a PROXY header.
"""

ProxyUpstream = tuple[str, str, str | None, bool]
"""Name; address and port, or `unix:` and a path; the name for TLS, None without; whether it speaks HTTP/2."""

ProxyOffer = tuple[Sequence[tuple[bytes, bytes, str]], bytes, bool, bool, bool]
"""Certificates: chain and key in PEM, and a name for messages. The clients' authorities in PEM, empty for none; whether
clients must have a certificate; whether TLS 1.2 and whether HTTP/2 are offered.
"""

ProxyFrames = tuple[bytes, NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], float, int]
"""Bytes of all frames; their times, starts and stops; the time up to which all were taken; frames dropped so far."""

ProxyRefusal = tuple[
    float, str, tuple[str, int], tuple[str, int], tuple[str, str, str], str, tuple[str, str, int], bool
]
"""Time; number of the request; client; server; host, method and target; cause (`verdict`, `undecided`, `ambiguous`,
`blocked`, `limit` or `rule`); reason, rules and score; whether it was refused, or only would have been.
"""

@final
class Proxy:
    """A reverse proxy. Its listeners are open once it is made; `start` lets clients in."""

    def __new__(
        cls,
        settings: Any,
        listeners: Sequence[ProxyListener],
        upstreams: Sequence[ProxyUpstream],
        authorities: bytes | None,
        offer: ProxyOffer | None,
    ) -> Proxy:
        """`settings` has the attributes of `run.proxy_settings.Settings`. `authorities` are those of upstreams in PEM;
        None takes any certificate.

        Raises:
            OSError: a socket cannot be opened.
            ValueError: a certificate, a key or an address is wrong.
        """

    @property
    def addresses(self) -> list[str]:
        """Where it listens."""

    def start(self) -> None:
        """Start its threads. Rights must have been dropped before.

        Raises:
            OSError: there is no room for them.
        """

    def stop(self, drain: float) -> None:
        """Accept nothing more, give requests under way `drain` seconds, and end. Releases the GIL."""

    def read(self) -> ProxyFrames | None:
        """Return the frames of its clients' connections (LINKTYPE_RAW) since the last call, after at most 10 ms; None
        at the end. Releases the GIL.
        """

    def keys(self) -> bytes:
        """Return the secrets of its TLS connections since the last call: lines of a key log."""

    def offer(self, offer: ProxyOffer) -> None:
        """Use other certificates for new connections.

        Raises:
            ValueError: one is wrong; those of before stay.
        """

    def block(self, networks: Sequence[tuple[str, int, str, bool]]) -> None:
        """Refuse these networks, and no others: address, bits, reason, and whether it is not only said.

        Raises:
            ValueError: an address is none.
        """

    def ask_after(self, prefilter: Prefilter | None) -> None:
        """Ask the agent only about requests that `prefilter` lets pass; None for all."""

    def counts(self) -> dict[str, int]:
        """Return totals since the start, by name."""

    def refusals(self) -> list[ProxyRefusal]:
        """Return what was refused, or would have been, since the last call."""

    def upstreams(self) -> list[tuple[str, bool, int, int, int]]:
        """Return name, whether it is up, requests under way, requests and errors of each upstream."""

    @staticmethod
    def ambiguous() -> list[str]:
        """Return the oddities because of which requests are refused."""

@final
class Prefilter:
    """Which exchanges no rule of a WAF can match: `detection.waf.needs` has the conditions, as tuples."""

    def __new__(
        cls, conditions: Sequence[tuple[str, Sequence[tuple[Any, ...]]]], most_arguments: int, longest_body: int
    ) -> Prefilter:
        """An exchange with more arguments, or a longer body in bytes, may match.

        Raises:
            ValueError: there is an operator or a part that is not known.
        """

    @property
    def unbounded(self) -> list[str]:
        """Rules that may match every exchange."""

    def may_match(self, request: bytes, request_body: bytes, response: bytes, response_body: bytes) -> bool:
        """Return whether a rule may match: heads with their empty line, bodies as the engine gets them."""

    def reason(self, request: bytes, request_body: bytes, response: bytes, response_body: bytes) -> str | None:
        """Return a rule that may match, `unusual` or `long body`; None if no rule can match."""
