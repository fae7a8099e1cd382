"""Reads, checks and writes settings. The settings themselves are in `exercise_config.py`."""
