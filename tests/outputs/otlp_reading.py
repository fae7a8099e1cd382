"""Reads requests of OTLP with the official messages."""

import gzip
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

Points = dict[tuple[str, ...], Any]
"""Data points by their attributes, as `name=value`."""


def metrics(message: ExportMetricsServiceRequest) -> dict[str, Metric]:
    (resource,) = message.resource_metrics
    (scope,) = resource.scope_metrics
    found = {metric.name: metric for metric in scope.metrics}
    assert len(found) == len(scope.metrics), "a metric comes once"
    return found


def points(metric: Metric) -> Points:
    its = getattr(metric, str(metric.WhichOneof("data"))).data_points
    found = {tuple(f"{each.key}={value_of(each.value)}" for each in point.attributes): point for point in its}
    assert len(found) == len(its), "no two points have the same attributes"
    return found


def value_of(value: Any) -> str:
    return str(getattr(value, value.WhichOneof("value")))


def resource_of(message: ExportMetricsServiceRequest) -> dict[str, str]:
    return {each.key: value_of(each.value) for each in message.resource_metrics[0].resource.attributes}


def unpacked(body: bytes) -> ExportMetricsServiceRequest:
    return ExportMetricsServiceRequest.FromString(gzip.decompress(body))


def total(message: ExportMetricsServiceRequest, name: str, field: str) -> Any:
    """Sum of a field over all points of a metric."""
    return sum(getattr(point, field) for point in points(metrics(message)[name]).values())
