"""Tests the whole program with a real web server and real clients. They need root, Linux, nginx, wrk and curl."""
