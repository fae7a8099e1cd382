"""Sends notices of alerts: by a command, webhooks, syslog and e-mail. This is an I/O edge with its own threads."""
