"""The main screens as they look at three sizes, compared with pictures in text that somebody has looked at.

`python tests/dashboard/full/test_full_snapshots.py` draws them again, and as SVG beside them for the eye.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from full_driver import Driven, drive

from dashboard.full.paint import DARK, LIGHT, PLAIN, Palette

FOLDER = Path(__file__).with_name("snapshots")
SIZES = ((80, 24), (120, 40), (200, 60))
SCREENS: dict[str, tuple[Sequence[str], str, Palette, bool]] = {
    # keys, what is typed after them, theme, ASCII
    "main": ((), "", DARK, False),
    "main-ascii": ((), "", PLAIN, True),
    "detail": (("enter",), "", LIGHT, False),
    "exchanges": (("e", "s"), "", DARK, False),
    "filter": (("slash",), "host:api tme>5", DARK, False),
    "help": (("question_mark",), "", DARK, False),
}
CASES = [(name, size) for name in SCREENS for size in SIZES]


def file_of(name: str, size: tuple[int, int]) -> Path:
    return FOLDER / f"{name}-{size[0]}x{size[1]}.txt"


def picture(name: str, size: tuple[int, int], svg: Path | None = None) -> str:
    keys, typed, palette, ascii_only = SCREENS[name]
    seen: list[str] = []

    async def scenario(user: Driven) -> None:
        await user.press(*keys)
        await user.type(typed)
        await user.pilot.pause(0.1)
        await user.refresh()
        seen.append(user.text())
        if svg is not None:
            svg.write_text(user.app.export_screenshot(title=f"{name} {size[0]}x{size[1]}"))

    drive(scenario, size=size, palette=palette, ascii_only=ascii_only)
    return seen[0].rstrip("\n") + "\n"


@pytest.mark.parametrize(("name", "size"), CASES, ids=[file_of(*case).stem for case in CASES])
def test_it_looks_as_it_did(name: str, size: tuple[int, int]) -> None:
    assert picture(name, size) == file_of(name, size).read_text(encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, size in CASES:
        svg = Path(sys.argv[1], file_of(name, size).stem + ".svg") if len(sys.argv) > 1 else None
        file_of(name, size).write_text(picture(name, size, svg), encoding="utf-8")
