"""Fronts that ask the agent: the configurations that docs/protecting.md shows, with the addresses of a run."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "protecting.md"
_BLOCK: Final = re.compile(r"```(?:haproxy|nginx) (\S+)\n(.*?)```", re.DOTALL)
_TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def documented() -> dict[str, str]:
    """Return the configurations by their names."""
    return dict(_BLOCK.findall(DOCUMENT.read_text()))


def write_haproxy(folder: Path, own: Mapping[str, str]) -> Path:
    """Write the configuration of HAProxy, with other addresses than the documented ones, and return its path."""
    spoe = folder / "spoe.cfg"
    texts = _replaced(("haproxy.cfg", "spoe.cfg"), {"/etc/haproxy/spoe.cfg": str(spoe), **own})
    spoe.write_text(texts["spoe.cfg"])
    written = folder / "haproxy.cfg"
    written.write_text(texts["haproxy.cfg"])
    return written


def write_nginx(folder: Path, own: Mapping[str, str]) -> Path:
    """Write the configuration of nginx in the same way; it writes only into the folder."""
    texts = _replaced(("nginx.conf", "waf.conf", "waf_fields.conf"), own)
    for name, text in texts.items():
        (folder / name).write_text(text)
    temporary = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in _TEMPORARY)
    written = folder / "nginx.conf"
    written.write_text(
        f"daemon off; master_process off; pid {folder / 'nginx.pid'}; error_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}{texts['nginx.conf']} }}\n"
    )
    return written


def _replaced(names: Sequence[str], own: Mapping[str, str]) -> dict[str, str]:
    """Return documented texts with each key replaced by its value; all of them must be there."""
    texts = {name: documented()[name] for name in names}
    for shown, wanted in own.items():
        if not any(shown in text for text in texts.values()):
            raise ValueError(f"{DOCUMENT}: {shown} is gone")
        texts = {name: text.replace(shown, wanted) for name, text in texts.items()}
    return texts
