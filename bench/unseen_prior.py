"""`python -m bench.unseen_prior` learns what requests are like anywhere, from the ordinary requests of the corpus, and
writes `detection/unseen/prior.py`. It must run again whenever `core/features` changes.
"""

from textwrap import wrap

from bench.unseen_material import PROJECT, ordinary
from detection.unseen.usual import learned, to_text

HEAD = '''"""What requests are like anywhere: surprises in eighths of a bit, a row of `usual.LEVELS` for each amount.

Written by `python -m bench.unseen_prior` from {requests:,} ordinary requests to {sites:,} sites of the corpus
(`../shared/corpus`). No content can be restored from it.
"""

from typing import Final

TEXT: Final = """
{text}
"""
'''


def main() -> None:
    """Write the module."""
    found = ordinary()
    text = "\n".join(wrap(to_text(learned(found.features, found.sites)), 120))
    module = HEAD.format(requests=len(found.sites), sites=len(set(found.sites)), text=text)
    (PROJECT / "detection" / "unseen" / "prior.py").write_text(module)


if __name__ == "__main__":
    main()
