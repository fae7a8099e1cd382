"""Checks the imports: pure folders do no I/O, folders import only those below them, and there are no cycles."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = (
    "capture", "traffic", "store", "detection", "stats", "alerting", "view", "dashboard", "settings", "outputs",
    "blocking", "notices", "history", "fleet", "incidents", "inspection", "verdicts", "proxy", "demo", "cli", "run",
)  # fmt: skip
PURE = (
    "traffic", "store", "detection", "stats", "alerting", "blocking", "view", "dashboard", "settings", "verdicts",
)  # fmt: skip
EDGES = {
    "dashboard/screen.py", "dashboard/full/app.py", "dashboard/full/complaints.py", "dashboard/full/export.py",
    "dashboard/full/new_file.py", "dashboard/full/terminal.py", "settings/file.py", "settings/trust.py",
    "stats/saas_catalogue.py", "detection/suricata/files.py", "detection/leaks/rule_files.py",
    "detection/malware/yara_rules.py", "detection/malware/clamd.py",
    "detection/waf/files.py", "detection/waf/rule_files.py",
    "verdicts/judge.py", "verdicts/listening.py", "verdicts/child.py", "verdicts/spoe/agent.py",
    "verdicts/auth_request/server.py",
    "blocking/files.py", "blocking/haproxy.py", "blocking/helper.py", "blocking/nft.py", "blocking/nginx.py",
    "blocking/process.py",
}  # fmt: skip
"""Files of pure folders that are I/O, and say so."""
IO_MODULES = {
    "asyncio", "concurrent", "ctypes", "fcntl", "io", "logging", "mmap", "multiprocessing", "os", "pathlib", "queue",
    "random", "requests", "scapy", "select", "selectors", "shutil", "signal", "socketserver", "sqlite3", "ssl",
    "subprocess", "sys", "tempfile", "termios", "threading", "time", "urllib",
}  # fmt: skip
PURE_PARTS = {
    ("socket", "inet_ntop"), ("socket", "inet_pton"), ("socket", "AF_INET"), ("socket", "AF_INET6"),
    ("urllib.parse", "urlsplit"), ("urllib.parse", "unquote_to_bytes"),
}  # fmt: skip
"""Names of I/O modules that do no I/O: text of addresses."""
CALLS = {"open", "print", "input", "exec", "eval"}
MAY_IMPORT = {
    "capture": {"capture", "traffic"},
    "traffic": {"traffic"},
    "stats": {"stats", "traffic", "settings"},
    "store": {"store", "stats", "traffic", "settings"},
    "alerting": {"alerting", "store", "stats", "traffic", "settings"},
    "detection": {"detection", "stats", "traffic", "settings"},
    "blocking": {"blocking", "capture", "alerting", "traffic"},
    "view": {"view", "blocking", "alerting", "store", "stats", "traffic"},
    "dashboard": {"dashboard", "view", "blocking", "alerting", "store", "stats", "traffic"},
    "settings": {"settings"},
    "notices": {"notices", "view", "blocking", "alerting", "settings"},
    "history": {"history", "view", "alerting", "store"},
    "fleet": {"fleet", "outputs", "history", "view", "alerting", "store", "stats", "traffic"},
    "incidents": {"incidents", "history", "outputs", "view", "capture", "alerting", "store", "stats", "traffic"},
    "inspection": {"inspection", "detection", "capture", "traffic"},
    "verdicts": {"verdicts", "inspection", "detection", "outputs", "traffic"},
    "outputs": {"outputs", "notices", "view", "blocking", "alerting", "store", "stats", "traffic", "settings"},
    "proxy": {"proxy", "capture", "traffic"},
    "demo": {"demo"},
    "cli": {
        "cli",
        "demo",
        "capture",
        "dashboard",
        "history",
        "fleet",
        "incidents",
        "outputs",
        "proxy",
        "settings",
        "stats",
        "store",
        "verdicts",
    },
    "run": set(FOLDERS),
}
"""Nobody but `exercise.py` imports `run`; `cli` and `demo` are for `run` and `exercise.py`."""
MAY_IMPORT_CONFIG = ("cli/", "run/", "notices/receivers.py")
"""Whoever splits the settings into what each part needs."""


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> list[tuple[str, str]]:
    """Return (module, name) of each import in a file; the name is empty for `import module`."""
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
def test_folder_imports_only_those_below_it(folder: str) -> None:
    known = {module.partition(".")[0] for path in files(folder) for module, _ in imports(path)}
    assert known & set(FOLDERS) <= MAY_IMPORT[folder]
    assert "exercise" not in known


def test_only_the_edge_reads_the_whole_configuration() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in files(folder)
        if "exercise_config" in {module for module, _ in imports(path)}
    }
    assert {name for name in readers if not name.startswith(MAY_IMPORT_CONFIG)} == set()


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def graph() -> dict[str, set[str]]:
    """Return the program's modules that each module imports, including in functions and for type checking."""
    paths = [*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in files(folder))]
    modules = {module_name(path): path for path in paths}
    return {
        name: {
            known
            for module, imported in imports(path)
            for known in (f"{module}.{imported}", module)
            if known in modules and known != name
        }
        for name, path in modules.items()
    }


def circles(arrows: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of modules that import each other, directly or indirectly."""

    def reached(begin: str) -> set[str]:
        seen: set[str] = set()
        waiting = [begin]
        while waiting:
            new = arrows[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    beyond = {name: reached(name) for name in arrows}
    groups = [{other for other in beyond[name] if name in beyond[other]} for name in sorted(arrows)]
    return [group for number, group in enumerate(groups) if group and group not in groups[:number]]


def test_import_cycles_are_found() -> None:
    arrows = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles(arrows) == [{"a", "b", "c"}, {"d", "e"}]


def test_no_modules_import_each_other() -> None:
    assert circles(graph()) == []


def test_no_module_hides_the_standard_library() -> None:
    import sys

    names = {path.stem for path in ROOT.glob("*.py")} | {*FOLDERS}
    assert names & set(sys.stdlib_module_names) == set()
