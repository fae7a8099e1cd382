"""How often a rule is reported: its own threshold, or once for each client in ten minutes. Pure."""

from collections import OrderedDict

from detection.suricata.rule import Rule, Threshold
from detection.tally import Repeats

PAUSE = 600.0
"""Seconds until the same client and rule are reported again."""
MAX_KEYS = 20_000
"""Rules and addresses that are counted, the latest ones."""


class Thresholds:
    """Counts what fits, by rule and address. Times are those of the traffic."""

    def __init__(self, pause: float = PAUSE) -> None:
        """The same client and rule are reported again after `pause` seconds."""
        self._counts: OrderedDict[tuple[int, str], tuple[float, int]] = OrderedDict()
        self._repeats = Repeats(pause)

    def reports(self, rule: Rule, time: float, client: str, server: str) -> bool:
        """Return whether to report that a rule fits."""
        if rule.threshold is not None and not self._passes(rule, rule.threshold, time, client, server):
            return False
        return self._repeats.is_first(f"{rule.sid} {client}", time)

    def _passes(self, rule: Rule, threshold: Threshold, time: float, client: str, server: str) -> bool:
        source, destination = (client, server) if rule.to_server is not False else (server, client)
        whose = {"by_src": source, "by_dst": destination, "by_both": f"{source} {destination}"}
        key = rule.sid, whose.get(threshold.track, "")
        begin, count = self._counts.get(key, (time, 0))
        if not begin <= time < begin + threshold.seconds:
            begin, count = time, 0
        count += 1
        passes = _passes(threshold, count)
        if passes and threshold.kind == "threshold":
            begin, count = time, 0
        self._counts[key] = begin, count
        self._counts.move_to_end(key)
        if len(self._counts) > MAX_KEYS:
            self._counts.popitem(last=False)
        return passes


def _passes(threshold: Threshold, count: int) -> bool:
    if threshold.kind == "limit":
        return count <= threshold.hits
    if threshold.kind == "both":
        return count == threshold.hits
    return count > threshold.hits if threshold.kind == "filter" else count >= threshold.hits
