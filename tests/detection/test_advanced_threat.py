"""Signs of an intruder are added up: findings of other detectors, uploads, rare programs, new domains."""

from detecting import asked as names
from detecting import found, kinds
from records import exchange, finding, handshake, request

from detection.loading import load
from detection.pipeline import Detection
from exercise_config import Config
from traffic.batch import RecordBatch
from traffic.finding import Finding
from traffic.records import Exchange, TlsHandshake

CLIENT, HOST, OUTSIDE = "10.0.0.7", "c2.example.net", "203.0.113.5"
BEGIN = 1000.0
LATER = BEGIN + 4000
MEGABYTE = 1_000_000


def asked(
    time: float = BEGIN, client: str = CLIENT, host: str = HOST, agent: str = "Firefox", sent: int = 0, got: int = 500
) -> Exchange:
    ends = {"client": client, "server": OUTSIDE}
    return exchange(
        request(time=time, host=host, user_agent=agent, **ends),
        time=time,
        request_bytes=sent,
        response_bytes=got,
        **ends,
    )


def shaken(time: float, client: str = CLIENT, host: str = HOST, ja4: str = "t13d") -> TlsHandshake:
    return handshake(time=time, client=client, server=OUTSIDE, server_name=host, ja4=ja4)


def sign(severity: str = "medium", rule: str = "beacon", time: float = LATER, **fields: object) -> Finding:
    ends = {"client": CLIENT, "server": OUTSIDE, "host": HOST}
    return finding(time=time, rule=rule, severity=severity, **{"detector": rule, **ends, **fields})


def people() -> list[Exchange]:
    """Return the visits of 25 others to a known site."""
    return [asked(BEGIN + number, f"10.0.1.{number}", "www.example.com") for number in range(25)]


def scores(*records: object) -> list[str]:
    return [each.reason for each in found("advanced_threat", list(records))]


def test_a_beacon_of_a_rare_program_to_a_new_domain_is_found() -> None:
    (threat,) = found("advanced_threat", [*people(), asked(LATER, agent="x"), sign()])
    assert kinds([threat]) == [("advanced_threat", CLIENT, "")]
    assert (threat.severity, threat.host) == ("high", HOST)
    assert threat.reason == (
        f"{CLIENT} has 75 points in a day: "
        f"beacon {HOST} (40), nobody else uses the user agent x (20), {HOST} is new (15)"
    )


def test_findings_of_other_detectors_in_the_same_batch_are_signs() -> None:
    detection = Detection(load(["advanced_threat", "dns_tunnel", "generated_names"], vars(Config())))
    tunnel = [f"{number:060}.example.com" for number in range(99)]
    generated = [f"{number}.example{number}.com" for number in range(99)]
    batch = RecordBatch(names(tunnel, rcode="NXDOMAIN") + names(generated, rcode="NXDOMAIN"))
    assert [each.rule for each in detection.look(batch).records()] == [
        "dns_tunnel", "generated_names", "advanced_threat",
    ]  # fmt: skip


def test_one_sign_alone_is_not_enough() -> None:
    assert scores(*people(), sign("critical", host="")) == []
    assert scores(*people(), asked(LATER), shaken(LATER, ja4="rare")) == []
    assert scores(*people(), *[sign(time=LATER + number) for number in range(50)]) == []


def test_signs_add_up_within_a_day_only() -> None:
    assert scores(*people(), sign(), sign("high", "dns_tunnel", LATER + 80_000)) == [
        f"{CLIENT} has 100 points in a day: dns_tunnel {HOST} (60), beacon {HOST} (40)"
    ]
    assert scores(*people(), sign(), sign("high", "dns_tunnel", LATER + 90_000)) == []


def test_signs_of_several_clients_are_not_mixed() -> None:
    assert scores(*people(), sign(), sign("high", "dns_tunnel", client="10.0.0.8")) == []


def test_what_visitors_from_outside_do_is_no_sign() -> None:
    assert scores(sign(client="198.51.100.1"), sign("high", "path_scan", client="198.51.100.1")) == []


def test_an_upload_is_a_sign_once() -> None:
    uploads = [asked(LATER + number, sent=4 * MEGABYTE) for number in range(5)]
    assert scores(*people(), *uploads, sign(time=LATER + 9)) == [
        f"{CLIENT} has 85 points in a day: beacon {HOST} (40), "
        f"sent 12 MB to {HOST} and got 0.0 MB (30), {HOST} is new (15)"
    ]
    exchanged = [asked(LATER + number, sent=4 * MEGABYTE, got=MEGABYTE) for number in range(5)]
    assert scores(*people(), *exchanged, sign("medium", time=LATER + 9, host="")) == []


def test_a_rare_tls_client_counts_beside_a_finding() -> None:
    others = [shaken(BEGIN + number, f"10.0.1.{number}", "www.example.com") for number in range(25)]
    (reason,) = scores(*others, shaken(BEGIN + 30, ja4="q"), sign(time=BEGIN + 40, severity="high"))
    assert reason.endswith(f"beacon {HOST} (60), nobody else uses the TLS client q (20)")


def test_it_is_reported_again_if_the_score_rises_or_after_six_hours() -> None:
    first = [sign(), sign("high", "dns_tunnel", LATER + 1)]
    assert len(scores(*first, sign("info", "a", LATER + 60))) == 1
    assert len(scores(*first, sign("medium", "a", LATER + 60))) == 2
    assert len(scores(*first, sign("info", "a", LATER + 7 * 3600))) == 2


def test_rules_of_one_detector_about_one_host_are_one_sign() -> None:
    rules = [sign("high", f"94{number}", detector="waf") for number in range(9)]
    assert scores(*people(), *rules) == []
    assert scores(*people(), *rules, sign("low")) == [
        f"{CLIENT} has 80 points in a day: 948 {HOST} (60), beacon {HOST} (20)"
    ]


def test_what_ordinary_software_does_wrong_is_no_sign() -> None:
    rules = [sign("low", "920340", detector="waf", host=f"{number}.example.com") for number in range(9)]
    assert scores(*people(), *rules) == []


def test_an_upload_after_a_download_is_a_sign_too() -> None:
    uploads = [asked(LATER + number, sent=10 * MEGABYTE, got=2 * MEGABYTE if not number else 0) for number in range(5)]
    (reason,) = scores(*people(), *uploads, sign(time=LATER + 9))
    assert f"sent 20 MB to {HOST} and got 2.0 MB (30)" in reason


def test_programs_without_a_name_are_not_rare_if_others_have_none_either() -> None:
    others = [asked(BEGIN + number, f"10.0.1.{number}", "www.example.com", agent="") for number in range(25)]
    assert scores(*others, asked(LATER, agent=""), sign()) == []
