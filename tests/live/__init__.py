"""The whole program against a real web server and real clients. Needs root, Linux, nginx, wrk and curl."""
