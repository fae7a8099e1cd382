"""Sigma rules (https://sigmahq.io) on exchanges and DNS lookups."""
