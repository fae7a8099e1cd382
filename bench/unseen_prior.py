"""`python -m bench.unseen_prior` learns what requests are like anywhere, from the ordinary requests of the corpus and
odd texts that people type, and writes `detection/unseen/prior.py`. It must run again whenever `core/features` changes.
"""

from textwrap import wrap

from bench.unseen_limit import limit, usual_anywhere
from bench.unseen_material import PROJECT, odd_texts, ordinary
from detection.unseen.usual import Usual, learned, levels_of, to_text

HEAD = '''"""What requests are like anywhere: surprises in eighths of a bit, a row of `usual.LEVELS` for each amount.

Written by `python -m bench.unseen_prior` from {requests:,} ordinary requests to {sites:,} sites of the corpus
(`../shared/corpus`), and what is usual anywhere also from {odd} odd texts. No content can be restored from it.
"""

from typing import Final

TEXT: Final = """
{text}
"""
ANYWHERE: Final = """
{anywhere}
"""
"""What is usual anywhere, in relation to the sizes of requests: see `detection.unseen.anywhere`."""
LIMIT: Final = {limit}
"""Bits from which a request is strange anywhere: see `bench.unseen_limit`."""
'''


def main() -> None:
    """Write the module."""
    found, odd = ordinary(), odd_texts()
    module = HEAD.format(
        requests=len(found.sites),
        sites=len(set(found.sites)),
        odd=len(odd.sites),
        text=_lines(learned(levels_of(found.features), found.sites)),
        anywhere=_lines(usual_anywhere(found, odd)),
        limit=limit(found, odd),
    )
    (PROJECT / "detection" / "unseen" / "prior.py").write_text(module)


def _lines(usual: Usual) -> str:
    return "\n".join(wrap(to_text(usual), 120))


if __name__ == "__main__":
    main()
