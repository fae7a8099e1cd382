"""What `exercise.py` is made of: arguments and settings, the steps of a run, and who is shown what comes of it."""
