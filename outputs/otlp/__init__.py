"""Metrics for OpenTelemetry (OTLP)."""
