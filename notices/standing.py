"""Remembers the active alerts that a receiver knows about; a signal has one at a time. Pure."""

from collections.abc import Iterator

from notices.notice import ABOUT_SIGNALS, Kind, Notice


class Standing:
    """The latest notice of each active alert."""

    def __init__(self) -> None:
        self._notices: dict[tuple[str, bool], Notice] = {}  # by signal, and whether it is about flapping

    def told(self, notice: Notice) -> None:
        """Remember a notice that the receiver accepted, if it changes an alert."""
        if notice.kind in ABOUT_SIGNALS or notice.kind is Kind.ACKNOWLEDGED:
            return
        flaps = notice.kind is Kind.FLAPPING
        key = (notice.alert.signal, flaps)
        if notice.kind is Kind.CALM:
            self._notices.pop((notice.alert.signal, True), None)
        if notice.is_over and not flaps:
            self._notices.pop(key, None)
        else:
            self._notices[key] = notice

    def clear(self) -> None:
        """Forget all alerts."""
        self._notices.clear()

    def __iter__(self) -> Iterator[Notice]:
        return iter(self._notices.values())

    def __len__(self) -> int:
        return len(self._notices)
