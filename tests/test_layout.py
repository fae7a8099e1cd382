"""The layout, proven from the imports: pure folders do no I/O, and only exercise.py and its parts know all folders."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("capture", "traffic", "store", "stats", "alerting", "dashboard", "settings", "outputs", "notices", "history")
PURE = ("traffic", "store", "stats", "alerting", "dashboard", "settings")
EDGES = {
    "dashboard/screen.py", "dashboard/full/app.py", "dashboard/full/complaints.py", "dashboard/full/terminal.py",
    "settings/file.py", "settings/trust.py", "stats/saas_catalogue.py",
}  # fmt: skip
"""Files of pure folders that are I/O, and say so."""
IO_MODULES = {
    "asyncio", "concurrent", "ctypes", "fcntl", "io", "logging", "mmap", "multiprocessing", "os", "pathlib", "queue",
    "random", "requests", "scapy", "select", "selectors", "shutil", "signal", "socketserver", "sqlite3", "ssl",
    "subprocess", "sys", "tempfile", "termios", "threading", "time", "urllib",
}  # fmt: skip
PURE_PARTS = {("socket", "inet_ntop"), ("socket", "AF_INET"), ("socket", "AF_INET6"), ("urllib.parse", "urlsplit")}
"""Names of I/O modules that do no I/O: text of addresses."""
CALLS = {"open", "print", "input", "exec", "eval"}
MAY_IMPORT = {
    "capture": {"capture", "traffic"},
    "traffic": {"traffic"},
    "stats": {"stats", "traffic"},
    "store": {"store", "stats", "traffic"},
    "alerting": {"alerting", "store", "stats", "traffic"},
    "dashboard": {"dashboard", "alerting", "store", "stats", "traffic"},
    "settings": {"settings"},
    "notices": {"notices", "dashboard", "alerting", "settings"},
    "history": {"history", "alerting", "dashboard", "store"},
    "outputs": {"outputs", "dashboard", "alerting", "stats", "traffic"},
}


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> list[tuple[str, str]]:
    """(module, name) of each import of a file; the name is empty for `import module`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_is_there(folder: str) -> None:
    assert files(folder), f"{folder}/ is missing or empty"


@pytest.mark.parametrize("folder", PURE)
def test_pure_folder_does_no_io(folder: str) -> None:
    wrong = []
    for path in files(folder):
        if path.relative_to(ROOT).as_posix() in EDGES:
            continue
        for module, name in imports(path):
            top = module.partition(".")[0]
            if top in {*IO_MODULES, "socket"} and (module, name) not in PURE_PARTS:
                wrong.append(f"{path.relative_to(ROOT)} imports {module} {name}")
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        wrong += [f"{path.relative_to(ROOT)} calls {f.id}" for f in calls if isinstance(f, ast.Name) and f.id in CALLS]
    assert wrong == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_knows_only_those_before_it(folder: str) -> None:
    own = {module for path in files(folder) for module, _ in imports(path)}
    known = {module.partition(".")[0] for module in own}
    assert known & set(FOLDERS) <= MAY_IMPORT[folder]
    assert not {name for name in known if name.startswith(("exercise", "command"))}


def test_no_name_hides_the_standard_library() -> None:
    import sys

    names = {path.stem for path in ROOT.glob("*.py")} | {"command", *FOLDERS}
    assert names & set(sys.stdlib_module_names) == set()
