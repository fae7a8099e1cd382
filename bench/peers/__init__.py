"""The other side of the comparison, each in a process of its own."""
