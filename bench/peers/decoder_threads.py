"""Decoding alone, in some threads: `python -m bench.peers.decoder_threads FILE THREADS` prints the seconds it took."""

import sys
import time

from bench.peers.decoder_alone import batches


def main() -> None:
    """Read the file, and take its records without looking at them."""
    path, threads = sys.argv[1:]
    begin = time.perf_counter()
    for _ in batches(path, threads=int(threads)):
        pass
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
