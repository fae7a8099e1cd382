"""Inspectors, one file each: see `detection.inspector` for the contract."""
