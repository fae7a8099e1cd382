"""Measures what the monitor costs, compared with other tools. The program itself does not import this folder."""
