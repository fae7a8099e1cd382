"""Answers a front that asks whether to let a request pass: see docs/protecting.md."""
