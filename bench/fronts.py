"""Fronts that ask the agent: the configurations that docs/protecting.md shows, with the addresses of a run."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "protecting.md"
_BLOCK: Final = re.compile(r"```(?:haproxy|nginx) (\S+)\n(.*?)```", re.DOTALL)
_TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def documented() -> dict[str, str]:
    """Return the configurations by their names."""
    return dict(_BLOCK.findall(DOCUMENT.read_text()))


def write_haproxy(folder: Path, addresses: Mapping[str, str]) -> Path:
    """Write the configuration of HAProxy, with other addresses than the documented ones, and return its path."""
    texts = documented()
    (folder / "spoe.cfg").write_text(texts["spoe.cfg"])
    written = folder / "haproxy.cfg"
    written.write_text(
        _replaced(texts["haproxy.cfg"], {"/etc/haproxy/spoe.cfg": str(folder / "spoe.cfg"), **addresses})
    )
    return written


def write_nginx(folder: Path, addresses: Mapping[str, str]) -> Path:
    """Write the configuration of nginx in the same way; it writes only into the folder."""
    texts = documented()
    for name in ("waf.conf", "waf_fields.conf"):
        (folder / name).write_text(texts[name])
    temporary = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in _TEMPORARY)
    written = folder / "nginx.conf"
    written.write_text(
        f"daemon off; master_process off; pid {folder / 'nginx.pid'}; error_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}{_replaced(texts['nginx.conf'], addresses)} }}\n"
    )
    return written


def _replaced(text: str, addresses: Mapping[str, str]) -> str:
    for documented_one, own in addresses.items():
        if documented_one not in text:
            raise ValueError(f"{DOCUMENT}: {documented_one} is gone")
        text = text.replace(documented_one, own)
    return text
