from dataclasses import replace

from view_samples import ACTIVE, CALM, ENDED, LEARNING, TROUBLED

from dashboard.summary import standing, summary


def test_a_calm_run() -> None:
    calm = replace(CALM, health=replace(CALM.health, unreadable=()), alerts=(), longest_alert=None)
    assert summary(calm).splitlines() == [
        " Watched   eth0 port 80 for 14 min 20 s",
        " Captured  2,718,281 packets, 0 dropped",
        " Requests  48,210",
        " Missed    nothing",
        " Alerts    none",
    ]


def test_all_that_was_missed_is_named() -> None:
    assert summary(replace(CALM, health=TROUBLED, alerts=(ACTIVE, ENDED))).splitlines() == [
        " Watched   eth0 port 80 for 14 min 20 s",
        " Captured  98,796 packets, 1,204 dropped (1.2 %), 12 records lost in the queue",
        " Requests  48,210",
        " Missed    3 gaps (12.4 kB), 2 responses without request, 5 requests without",
        "           response, 3 connections evicted, 12 TLS connections unreadable, 3",
        "           HTTP/2 connections unreadable",
        " Alerts    1, longest 2 min, one still active",
    ]


def test_requests_with_unknown_names_are_counted_with_the_reason() -> None:
    def missed(gaps: int) -> str:
        health = replace(CALM.health, unreadable=(), unnamed_requests=182, gaps=gaps)
        return summary(replace(CALM, health=health), 200).splitlines()[3]

    told = "182 requests with unknown names (HTTP/2 already open"
    assert missed(0) == f" Missed    {told})"
    assert missed(1) == f" Missed    1 gap (0 B), {told}, or gaps)"


def test_a_run_without_requests_tells_the_reason() -> None:
    hint = "no HTTP on port 80, but on port 8080: use -p 8080"
    found, none = (replace(CALM.health, requests=requests, warnings=(hint,)) for requests in (1, 0))
    assert hint not in summary(replace(CALM, health=found))
    assert summary(replace(CALM, health=none)).splitlines()[-1] == f" Attention {hint}"


def test_the_alerts_are_those_of_this_run() -> None:
    earlier = replace(ENDED, start=CALM.started - 60)
    assert summary(replace(CALM, alerts=(earlier,))).splitlines()[-1] == " Alerts    none"


def test_the_state_of_a_file_that_was_read_is_its_end() -> None:
    learning = replace(CALM, state="LEARNING", learning=LEARNING, enforcing=None)
    assert standing(learning).splitlines()[0] == " State     LEARNING"
    told = standing(replace(learning, now=CALM.started + 3, ended=True)).splitlines()
    assert (told[0], told[6]) == (
        " State     ENDED",
        " Baseline  none: 3 s is too short to learn from; learning takes 2 min",
    )
    empty = replace(learning, health=replace(CALM.health, frames=0), ended=True)
    assert standing(empty).splitlines()[6] == " Baseline  none: no packets"
