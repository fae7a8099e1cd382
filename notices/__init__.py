"""Word of alerts to people and programs: a command, webhooks, syslog, e-mail. The I/O edge, in threads of its own."""
