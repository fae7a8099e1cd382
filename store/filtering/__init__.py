"""The filter language: a line of text becomes a test of exchanges. `docs/filters.md` explains it to users."""
