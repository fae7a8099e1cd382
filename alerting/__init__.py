"""Signals and their alerts: learns what is usual, judges each bucket against it, and keeps the alerts raised."""
