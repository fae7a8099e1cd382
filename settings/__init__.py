"""How settings are read, checked and written; which ones there are, and their values, is `exercise_config.py`."""
