"""The demo: a web server and simulated visitors on loopback, for `exercise.py --demo` to watch."""
