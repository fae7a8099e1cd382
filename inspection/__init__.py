"""Runs inspectors in processes of their own: see docs/detection.md."""
