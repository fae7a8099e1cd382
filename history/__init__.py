"""Sums on disk: by minute, hour and day. The edge of the program towards a database."""
