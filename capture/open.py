"""Opens the right source: a capture file of any known format, or an interface in the best way the system offers."""

from capture import kernel_filter, packet_socket
from capture.bytestream import ByteStream
from capture.errors import CaptureError, RingUnavailable
from capture.file import CaptureFile
from capture.filtered import Filtered
from capture.keys.embedded import EmbeddedKeys
from capture.pcap import HEADER_LENGTH, PcapFile
from capture.pcap import byte_order as pcap_byte_order
from capture.pcapng import HEADER_LENGTH as PCAPNG_HEADER_LENGTH
from capture.pcapng import PcapngFile
from capture.pcapng_blocks import MAGIC
from capture.ports import Ports
from capture.ring import Ring
from capture.scapy_socket import ScapySocket, guess_link_type
from capture.source import Source
from traffic.frame import LINKTYPE_ETHERNET


def open_live(
    interface: str,
    ports: Ports | None,
    expression: str = "",
    ring_size_mib: int = 32,
    snap_length: int = 262144,
    also: str = "",
) -> tuple[Source, list[str]]:
    """Open a live source; return it with messages for the user. `ports` None captures all packets.

    `also` is a filter expression for packets to capture besides those of the ports.

    Raises:
        CaptureError: It cannot be opened, usually PermissionDenied, UnknownInterface or BadFilter.
    """
    link_type = guess_link_type(interface)
    chosen = kernel_filter.choose(ports, expression, link_type, snap_length, also)
    source, sentences = _open_interface(interface, chosen, ring_size_mib, snap_length)
    if chosen.remainder:
        source = Filtered(source, chosen.remainder, link_type)
    return source, [*chosen.sentences, *sentences]


def open_file(path: str, expression: str = "") -> Source:
    """Open the capture file at `path`, or standard input for `-`, with only the frames that match the expression.

    Raises:
        CaptureError: It cannot be read, is not a capture file, or the expression is invalid.
    """
    stream = ByteStream(path)
    try:
        source: Source = _recognised(stream)
        return Filtered(source, expression, getattr(source, "link_type", LINKTYPE_ETHERNET)) if expression else source
    except BaseException:
        stream.close()
        raise


def keys_in(source: Source) -> EmbeddedKeys | None:
    """Return the keys in a capture file; None if the source cannot have any."""
    return getattr(source, "keys", None)


def _open_interface(
    interface: str, chosen: kernel_filter.KernelFilter, ring_size_mib: int, snap_length: int
) -> tuple[Source, list[str]]:
    if not packet_socket.available():
        return ScapySocket(interface, chosen, snap_length), []
    try:
        return _open_ring(interface, chosen, ring_size_mib, snap_length)
    except RingUnavailable as reason:
        if interface == packet_socket.ANY:
            raise
        sentence = f"no memory-mapped ring ({reason}); using Scapy's socket, which drops packets sooner"
        return ScapySocket(interface, chosen, snap_length), [sentence]


def _open_ring(
    interface: str, chosen: kernel_filter.KernelFilter, size: int, snap_length: int
) -> tuple[Source, list[str]]:
    """Open a ring of the requested size, or the largest one for which there is memory."""
    try:
        return Ring(interface, chosen.program, size, snap_length), []
    except RingUnavailable as reason:
        if not reason.out_of_memory or size == 1:
            raise
    ring, _ = _open_ring(interface, chosen, max(1, size // 2), snap_length)
    return ring, [f"not enough memory for a ring of {size} MiB; using a smaller one"]


def _recognised(stream: ByteStream) -> CaptureFile:
    start = stream.begin(max(HEADER_LENGTH, PCAPNG_HEADER_LENGTH))
    if not start:
        raise CaptureError(f"{stream.name} is not a capture file (it is empty)")
    if pcap_byte_order(start):
        return PcapFile(stream.name, stream, start)
    if start.startswith(MAGIC):
        return PcapngFile(stream.name, stream, start)
    raise CaptureError(f"{stream.name} is not a capture file (no pcap or pcapng header)")
