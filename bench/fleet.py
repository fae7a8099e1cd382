"""A fleet of simulated sensors against a ClickHouse cluster on this host: what is lost or doubled, and what it takes.

`python -m bench.fleet [run] [screens] [--sensors N] [--minutes N] [--outage N] [--seed N]`: `run` sends to the pair and
kills sensors, replicas and ZooKeeper at random moments; `screens` measures screens and reports over a day and a month.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import cluster, fleet_screens
from bench.cluster import Cluster
from bench.driver_door import DriverDoor
from bench.fleet_check import Balance, balance
from bench.fleet_faults import Victim
from bench.fleet_run import Phase, Plan, Trial
from bench.measure import machine, table
from bench.pair import PAIR, address, make_tables, synchronise
from bench.simulated import BUCKET_SIZE, Population
from history.record import Level

SENSORS: Final = 1000
MINUTES: Final = 10.0
OUTAGE: Final = 60.0
"""Minutes."""
SEED: Final = 16
QUICK: Final = (100, 1.0, 5.0)
"""The same for a quick run."""

RUN, SCREENS = PARTS = ("run", "screens")

Say = Callable[[str], None]


class Stored(NamedTuple):
    """What a table takes on the disk of one replica."""

    name: str
    rows: int
    parts: int
    size: int
    """Bytes, compressed."""


class Outcome(NamedTuple):
    """What a run gave."""

    plan: Plan
    phases: dict[str, Phase]
    killed: dict[str, int]
    """How often, by victim."""
    caught_up: list[float]
    """Seconds until each killed replica had everything, from its start."""
    vanished: int
    """Buckets that a spool lost with its sensor."""
    balances: list[list[Balance]]
    """Of each replica, by level."""
    stored: list[Stored]

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost or doubled anywhere."""
        return not self.vanished and not any(each.wrong for levels in self.balances for each in levels)


def run(plan: Plan, say: Say) -> Outcome:
    """Run the fleet against a new pair."""
    with folder() as place, cluster.cluster(place / "cluster") as pair:
        make_tables(pair.replicas[0].native)
        trial = Trial(plan, place, pair, _begin(plan), say)
        try:
            phases = dict(_phases(trial, plan, say))
        finally:
            trial.close()
        trial.settle()
        synchronise(pair)
        say("comparing all sums")
        return Outcome(
            plan,
            phases,
            {victim.value: sum(fault.victim is victim for fault in trial.killed) for victim in Victim},
            trial.caught_up,
            trial.vanished,
            _balances(pair, plan, trial.progress.lasts.tolist()),
            _stored(pair),
        )


@contextmanager
def folder() -> Iterator[Path]:
    """Provide a folder for the servers' files, outside of the project, that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _begin(plan: Plan) -> float:
    """Return the start of bucket 0, so that the last one ends about now."""
    return (time.time() // BUCKET_SIZE - plan.last) * BUCKET_SIZE


def _phases(trial: Trial, plan: Plan, say: Say) -> Iterator[tuple[str, Phase]]:
    say(f"{plan.sensors} sensors send {plan.buckets} buckets as they close")
    yield "live", trial.live()
    say(f"the sensors count {plan.missed} buckets that they cannot send")
    yield "outage", trial.outage()
    say("the sensors send what waits")
    yield "replay", trial.replay()


def _balances(pair: Cluster, plan: Plan, lasts: Sequence[int]) -> list[list[Balance]]:
    truth = Population(plan.seed).truth(dict(enumerate(lasts)))
    doors = [DriverDoor(address(replica.native)) for replica in pair.replicas]
    return [[balance(door, PAIR, level, truth) for level in Level] for door in doors]


def _stored(pair: Cluster) -> list[Stored]:
    door = DriverDoor(address(pair.replicas[0].native))
    columns = door.query(
        "SELECT table, sum(rows), count(), sum(bytes) FROM system.parts"
        " WHERE active AND database = {database:String} GROUP BY table ORDER BY table",
        {"database": PAIR.database},
    )
    return [Stored(*row) for row in zip(*columns, strict=True)]


# For `python -m bench` --------------------------------------------------------------------------------------------


def measure(quick: bool, say: Say) -> dict[str, Any]:
    """Run the fleet, and the screens; a reason if they cannot run here."""
    if why := cluster.why_not():
        return {"missing": why}
    sensors, minutes, outage = QUICK if quick else (SENSORS, MINUTES, OUTAGE)
    outcome = run(plan_of(sensors, minutes, outage, SEED), say)
    return {"outcome": outcome, "screens": fleet_screens.measure(sensors, say)}


def report(results: dict[str, Any]) -> str:
    """Return the Markdown tables."""
    if "missing" in results:
        return f"Not measured: {results['missing']}."
    return f"{report_of(results['outcome'])}\n\n{fleet_screens.report(results['screens'])}"


def facts(results: dict[str, Any]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    if "missing" in results:
        return results
    outcome: Outcome = results["outcome"]
    return {
        "right": outcome.is_right,
        "phases": {name: phase._asdict() for name, phase in outcome.phases.items()},
        "screens": fleet_screens.facts(results["screens"]),
    }


def plan_of(sensors: int, minutes: float, outage: float, seed: int) -> Plan:
    """Return what to run, from minutes."""
    per_minute = 60 / BUCKET_SIZE
    return Plan(sensors, round(minutes * per_minute), round(outage * per_minute), seed)


def report_of(outcome: Outcome) -> str:
    """Return the tables of a run against the pair."""
    plan, killed = outcome.plan, outcome.killed
    words = ", ".join(f"{name} {times}" for name, times in killed.items())
    late = ", ".join(f"{seconds:.0f}" for seconds in outcome.caught_up) or "none"
    return "\n\n".join(
        (
            f"{plan.sensors:,} sensors, {plan.buckets} buckets live, {plan.missed} after an outage, seed {plan.seed}."
            f" Killed with -9: {words}. Seconds until a killed replica had caught up: {late}."
            f" Buckets that a spool lost: {outcome.vanished}.",
            table(
                (
                    "phase",
                    "seconds",
                    "rows",
                    "rows/s",
                    "inserts",
                    "made again",
                    "CPU generator",
                    "servers",
                    "ZooKeeper",
                ),
                (_phase_row(name, phase) for name, phase in outcome.phases.items()),
            ),
            table(
                ("sums in the store", "lost", "doubled", "keys that differ"),
                (
                    (
                        f"{each.level.name.lower()}, replica {number}",
                        *(f"{value:,}" for value in (each.lost, each.doubled, len(each.wrong))),
                    )
                    for number, levels in enumerate(outcome.balances, 1)
                    for each in levels
                ),
            ),
            table(
                ("table of a replica", "rows", "parts", "MiB", "bytes/row"),
                (
                    (
                        each.name,
                        f"{each.rows:,}",
                        f"{each.parts}",
                        f"{each.size / 2**20:,.1f}",
                        f"{each.size / each.rows:.1f}",
                    )
                    for each in outcome.stored
                ),
            ),
        )
    )


def _phase_row(name: str, phase: Phase) -> tuple[str, ...]:
    used = [phase.usage[kind] for kind in ("generator", "servers", "ZooKeeper")]
    cores = (f"{each.cpu / phase.seconds:.2f} cores, {each.memory:.0f} MiB" for each in used)
    rates = f"{phase.rows:,}", f"{phase.rows / phase.seconds:,.0f}"
    return name, f"{phase.seconds:.0f}", *rates, f"{phase.inserts:,}", f"{phase.failures}", *cores


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts, and print the tables. The status is 1 if anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description="A fleet against a ClickHouse cluster.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--sensors", type=int, default=SENSORS)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="minutes that the sensors send live")
    parser.add_argument("--outage", type=float, default=OUTAGE, help="minutes of an outage, sent again after it")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(argv)
    parts = given.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; available: {', '.join(PARTS)}")
    if why := cluster.why_not():
        print(f"no fleet: {why}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"On {machine()}; all servers on the same machine.\n", flush=True)
    is_right = True
    if RUN in parts:
        outcome = run(plan_of(given.sensors, given.minutes, given.outage, given.seed), say)
        is_right = outcome.is_right
        print(f"{report_of(outcome)}\n", flush=True)
    if SCREENS in parts:
        print(fleet_screens.report(fleet_screens.measure(given.sensors, say)))
    return 0 if is_right else 1


def say(text: str) -> None:
    """Print progress to standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
