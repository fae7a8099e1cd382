"""Sums on disk by minute, hour and day, and everything that touches the database."""
