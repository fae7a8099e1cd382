"""The holders of sockets, in a /proc that the tests make."""

from pathlib import Path

from capture.owners.cgroups import ContainerId
from capture.owners.processes import FRESH, MOST_TIME, SHARE, Process, Processes

ID = "9f2c" * 16


class Proc:
    """A /proc, and a clock that each look moves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = 0.0
        self.step = 0.0
        self.processes = Processes(root, self.clock)

    def clock(self) -> float:
        self.now += self.step
        return self.now

    def start(self, number: int, name: str, *inodes: int, group: str = "0::/") -> None:
        folder = self.root / str(number)
        (folder / "fd").mkdir(parents=True)
        (folder / "fd" / "0").symlink_to("/dev/null")
        (folder / "comm").write_text(name + "\n")
        (folder / "cgroup").write_text(group + "\n")
        for place, inode in enumerate(inodes, 3):
            (folder / "fd" / str(place)).symlink_to(f"socket:[{inode}]")


def test_holders_of_sockets_are_found(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.start(10, "nginx", 1, 2)
    proc.start(11, "curl", 3)
    (tmp_path / "sys").mkdir()
    assert proc.processes.holders([2, 3, 4]) == {2: (10,), 3: (11,)}


def test_all_holders_of_a_shared_socket_are_found(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    for number in (10, 11, 12):
        proc.start(number, "nginx", 1)
    assert proc.processes.survey()
    assert sorted(proc.processes.holders([1])[1]) == [10, 11, 12]


def test_a_socket_that_is_known_is_not_looked_for(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.start(10, "nginx", 1)
    proc.processes.holders([1])
    (tmp_path / "10/fd/3").unlink()
    assert proc.processes.holders([1]) == {1: (10,)}


def test_processes_that_are_named_or_new_come_first(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.start(10, "old", 1)
    proc.start(20, "other", 5)
    proc.processes.holders([99])
    proc.start(15, "new", 2)
    proc.start(30, "unread", 3)
    proc.processes.holders([2], first=[10])
    assert proc.processes.holders([1, 5]) == {1: (10,), 5: (20,)}
    assert 30 in proc.processes.numbers()


def test_looking_takes_a_small_part_of_the_time(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.start(10, "nginx", 1)
    proc.step = 2 * MOST_TIME  # so long does a look take
    assert proc.processes.holders([1]) == {1: (10,)}
    proc.start(11, "curl", 2)
    proc.step = 0.0
    assert proc.processes.holders([2]) == {}, "the time for looking is used up"
    assert not proc.processes.survey()
    assert proc.processes.holders([1]) == {1: (10,)}, "what is known costs nothing"
    proc.now += 3 * MOST_TIME / SHARE
    assert proc.processes.holders([2]) == {2: (11,)}


def test_a_process_has_a_name_and_a_container(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.start(10, "my\x1b app", group=f"0::/system.slice/docker-{ID}.scope")
    owner = (tmp_path / "10").stat().st_uid
    assert proc.processes.process(10) == Process(10, "my? app", owner, ContainerId(ID))
    assert proc.processes.process(11) is None


def test_a_process_may_run_another_program(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.start(10, "bash")
    assert proc.processes.process(10) is not None
    (tmp_path / "10/comm").write_text("curl\n")
    proc.now += FRESH
    found = proc.processes.process(10)
    assert found is not None
    assert found.name == "curl"
