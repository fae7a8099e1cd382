"""Runs the monitor: opens sources and outputs, captures step by step, and shows the session."""
