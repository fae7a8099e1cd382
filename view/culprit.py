"""Filters that match who contributed to an alert. Pure."""

from alerting.alert import Contributor
from alerting.signal_statistics import GRPC
from store.filtering.narrowing import term
from view.view import AlertView


def culprit(alert: AlertView) -> str:
    """Return a filter's term for the sensor of an alert, else its largest contributor, else its server; or nothing."""
    if alert.sensor:
        return term("sensor", alert.sensor)
    if alert.contributors:
        return of_contributor(alert.contributors[0])
    return term("server", alert.subject) if alert.subject else ""


def of_contributor(contributor: Contributor) -> str:
    """Return a filter's term for a contributor."""
    if contributor.kind == "status" and contributor.name.startswith(GRPC):
        return term("grpc_status", contributor.name.removeprefix(GRPC).partition(" ")[0])
    return term(contributor.kind, contributor.name)
