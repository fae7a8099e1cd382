"""Runs `exercise.py watch` with a store in memory in place of the one that it would open: three sensors, five minutes.

`python tests/fleet_program.py --store clickhouse://reader@db.example.com` shows it. The sensor web-3 is silent at the
end if the database is demo, and the host down.example.com cannot be reached.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
COMMAND: Final = [sys.executable, str(Path(__file__)), "watch"]
STORE: Final = ["--store", "clickhouse://reader@db.example.com/fleet", "--user", "root"]
SECONDS: Final = 300


def main() -> int:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from fleet_scene import FleetScene

    import exercise
    import run.fleet_watch
    from history.address import StoreAddress
    from history.fleet import FleetArchive
    from history.record import StoreError

    def fleet_opener(address: StoreAddress) -> Callable[[], FleetArchive]:
        if address.host == "down.example.com":
            raise StoreError(f"{address} cannot be reached: connection refused")
        scene = FleetScene().add("web-1", "web-2", vantage="edge")
        if address.database == "demo":
            scene.add("web-3", vantage="edge")
        scene.wall = time.time() // 10 * 10 - SECONDS
        scene.send(SECONDS - 100)
        scene.send(100, silent=["web-3"])
        return scene.store.again

    vars(run.fleet_watch)["fleet_opener"] = fleet_opener
    return exercise.main()


if __name__ == "__main__":
    sys.exit(main())
