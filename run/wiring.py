"""Connects the parts of a run: the session, its outlets, and the history."""

import time

from cli.arguments import Arguments
from dashboard.full.complaints import Complaints
from detection.pipeline import Detection
from exercise_config import Config
from run.evidence import incident_lines, judge_again
from run.full import brisk
from run.health import HealthAnswer, voice
from run.news import HasNews, News
from run.obeying import obey
from run.offers import Way, offers
from run.opening import Opened
from run.outputs import shown_on
from run.plan import Plan
from run.sensor import totals
from run.session import Session


def new_session(arguments: Arguments, config: Config, plan: Plan, parts: Opened, complaints: Complaints) -> Session:
    """Return the session of a run, connected to its open parts."""
    full, outputs = arguments.ui == "full", parts.outputs
    way = Way.KEY if full else Way.COMMAND if parts.door is not None else Way.SETTING

    def offered() -> tuple[str, ...]:
        return offers(session.decisions.offers, way)

    session = Session(
        brisk(config) if full else config,
        plan.statistics,
        parts.name,
        [*outputs.takers, *([parts.recent] if parts.recent is not None else [])],
        [shown_on(parts.screen, arguments), *outputs.outlets, parts.notifier],
        lambda: (*incident_lines(arguments.incident), *parts.failing, *outputs.remarks, *offered()),
        plan.only,
    )
    if parts.inline is not None:
        session.show_proxy(parts.inline.view)
    others = parts.inline.findings if parts.inline is not None else tuple
    detection = Detection(plan.detectors)
    session.detect_with(detection, parts.inspection, others)
    _let_act(session, parts)
    session.show_to(parts.attention)
    say = voice(parts.screen, complaints.keep if full else None)
    session.show_to(HealthAnswer(say, session.want_view, parts.locked.words, lambda: outputs.standing))
    sources: list[HasNews] = [*parts.readers]
    if parts.inspection is not None:
        sources.append(parts.inspection)
    for source in sources:
        session.show_to(News(source, say, session.want_view))
    if parts.keeper is not None:
        parts.keeper.watch(session)
        session.keep_evidence(parts.keeper)
    if arguments.incident is not None:
        judge_again(session, arguments.incident)
    outputs.start(arguments.verbose)
    if (sensor := outputs.sensor) is not None:
        session.tell(sensor, lambda status: sensor.note(totals(status)))
    if outputs.otlp is not None:
        session.record_in(outputs.otlp)
    _remember(session, parts, config, detection)
    return session


def _let_act(session: Session, parts: Opened) -> None:
    """Let the session block clients, if somebody asked for it, and answer commands."""
    if parts.blocker is not None:
        if parts.inline is not None:
            parts.blocker.tell(parts.inline.bouncer)
        session.guard_with(parts.blocker)
    if parts.door is not None:
        obey(session, parts.door, parts.blocker)


def _remember(session: Session, parts: Opened, config: Config, detection: Detection) -> None:
    """Record the session in the history, if there is one; a live run also goes on from the past, and shows it."""
    history = parts.outputs.history
    if history is None:
        return
    session.record_all_in(history)
    if parts.intake.source.live:
        now = time.time()
        session.decisions.remember(history, history.habits())
        history.teach(detection)
        session.earlier.learn_from(history.learned(now, session.earlier.wanted()))
        session.earlier.recall(*history.before(now, config.max_retention_length))
        session.compare_with(history.past)
