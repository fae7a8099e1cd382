"""Networks as sorted ranges without overlap, each with the narrowest network that contains it. Pure."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from detection.intelligence.addresses import bounds

NOWHERE = -1


class Networks:
    """Finds the narrowest of many networks that contains an address."""

    def __init__(self, networks: Iterable[tuple[str, int]]) -> None:
        """Take networks in the form of `network_of`, each with a number of its own that is returned for it."""
        starts, numbers = _ranges(networks)
        self._starts = np.array(starts, "S16")  # compares as bytes: what NumPy cuts off are zeros at the end
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, addresses: Sequence[bytes | None]) -> Iterator[tuple[int, int]]:
        """Yield the place of each address that is in a network, and the number of the network."""
        known = [number for number, address in enumerate(addresses) if address is not None]
        if not known or not self._numbers:
            return
        wanted = np.array([addresses[number] for number in known], "S16")
        places = np.searchsorted(self._starts, wanted, side="right") - 1
        for number, place in zip(known, places.tolist(), strict=True):
            if place >= 0 and self._numbers[place] != NOWHERE:
                yield number, self._numbers[place]


def _ranges(networks: Iterable[tuple[str, int]]) -> tuple[list[bytes], list[int]]:
    """Return where ranges begin, and the number of each. Two networks are apart, or one is within the other."""
    spans = sorted((first, bits, last, number) for text, number in networks for first, last, bits in (bounds(text),))
    starts: list[bytes] = []
    numbers: list[int] = []
    around: list[tuple[bytes, int]] = []

    def begin(start: bytes, number: int) -> None:
        if starts and starts[-1] == start:
            numbers[-1] = number
        else:
            starts.append(start)
            numbers.append(number)

    def leave(before: bytes | None) -> None:
        """Leave the networks that end before an address; None leaves all."""
        while around and (before is None or around[-1][0] < before):
            last, _ = around.pop()
            following = int.from_bytes(last, "big") + 1
            if following < 1 << 128:
                begin(following.to_bytes(16, "big"), around[-1][1] if around else NOWHERE)

    for first, _, last, number in spans:
        leave(first)
        begin(first, number)
        around.append((last, number))
    leave(None)
    return starts, numbers
