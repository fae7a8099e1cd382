"""Detectors, one file each: see `detection.detector` for the contract."""
