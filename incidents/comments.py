"""Comments on packets: where an alert was raised, and which process a connection belongs to. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from alerting.alert import Alert
from traffic.frames import Frames
from traffic.records import Exchange


class Comments:
    """Finds the packets for comments. An alert belongs to the first packet after it was raised."""

    def __init__(self) -> None:
        self._alerts: list[Alert] = []
        self._told: set[tuple[str, int, str, int]] = set()
        self._processes: dict[float, str] = {}

    def add_alerts(self, alerts: Iterable[Alert]) -> None:
        """Comment on these alerts."""
        self._alerts += alerts

    def add_processes(self, exchanges: Iterable[Exchange]) -> None:
        """Name the process at the first request of each connection."""
        for exchange in exchanges:
            text = process_text(exchange)
            ends = (exchange.client, exchange.client_port, exchange.server, exchange.server_port)
            if text and exchange.request is not None and ends not in self._told:
                self._told.add(ends)
                self._processes[exchange.request.time] = text

    def on(self, frames: Frames) -> Mapping[int, str]:
        """Return the comments on these frames, by index. Frames must come in order."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        times = np.asarray(frames.times)
        for alert in self._alerts[:]:
            later = np.flatnonzero(times >= alert.start)
            if len(later):
                self._alerts.remove(alert)
                found[int(later[0])].append(f"ALERT {alert.signal}: {alert.explanation}")
        if self._processes:
            for index in np.flatnonzero(np.isin(times, list(self._processes))).tolist():
                if text := self._processes.pop(float(times[index]), ""):
                    found[index].append(text)
        return {index: "\n".join(texts) for index, texts in found.items()}


def process_text(exchange: Exchange) -> str:
    """Return the process, user, container and pod of the local end of an exchange, as far as they are known."""
    process, number = getattr(exchange, "process", ""), getattr(exchange, "process_id", None)
    parts = [f"process {process}" + (f" ({number})" if number is not None else "")] if process else []
    others = [(kind, getattr(exchange, kind, "")) for kind in ("user", "container", "pod")]
    return ", ".join([*parts, *(f"{kind} {name}" for kind, name in others if name)])
