"""A run: what it opens, the steps from the source to the session, and who is shown what comes of it."""
