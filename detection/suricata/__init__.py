"""Suricata's rules (https://docs.suricata.io) on exchanges, DNS lookups and TLS handshakes: the part that fits them."""
