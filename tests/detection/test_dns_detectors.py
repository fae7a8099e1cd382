"""What the detectors find in DNS lookups, and what they leave alone."""

import hashlib
from collections.abc import Callable

import pytest
from detecting import BEGIN, asked, found, kinds

from detection.loading import available, load
from detection.tally import Halves, Repeats
from exercise_config import Config
from traffic.batch import RecordBatch
from traffic.records import DnsLookup
from traffic.registered_domain import guessed_domain

CLIENT = "10.0.0.7"
PUBLIC, PRIVATE = ("93.184.216.34",), ("192.168.1.1",)


def digest(number: int, length: int = 32) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:length]


def below(domain: str, many: int = 120, length: int = 32) -> list[str]:
    return [f"{digest(number, length)}.{domain}" for number in range(many)]


# dns_tunnel -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lookups", "severity"),
    [
        (asked(below("t.evil.example.com", length=60), type="NULL"), "high"),
        (asked(below("evil.example.com", length=18), step=1.0, type="TXT"), "high"),
        (asked(below("evil.example.com", length=60), rcode="NXDOMAIN"), "medium"),
        (asked([f"{'.'.join([digest(n, 14)] * 3)}.evil.example.com" for n in range(99)]), "medium"),
    ],
    ids=["iodine", "an idle dnscat2", "one way", "short labels"],
)
def test_a_tunnel_is_found_once_within_a_minute(lookups: list[DnsLookup], severity: str) -> None:
    (tunnel,) = found("dns_tunnel", lookups)
    assert kinds([tunnel]) == [("dns_tunnel", CLIENT, "T1071.004")]
    assert (tunnel.severity, tunnel.host) == (severity, "example.com")
    assert tunnel.time <= BEGIN + 60


def test_the_reason_has_the_numbers() -> None:
    (tunnel,) = found("dns_tunnel", asked(below("evil.example.com", length=60), type="TXT"))
    assert tunnel.reason == (
        f"{CLIENT} asked for 30 or more different long names below example.com in a minute: "
        "30 lookups, 1950 characters, 100 % for types with long answers"
    )


@pytest.mark.parametrize(
    "lookups",
    [
        asked(below("example.com", many=29) * 9),
        asked(below("d111.cloudfront.net")),
        asked(below("avqs.mcafee.com")),
        asked([f"{n}.113.0.203.zen.spamhaus.org" for n in range(250)]),
        asked([f"{n}.113.0.203.in-addr.arpa" for n in range(250)], type="PTR"),
        asked([f"{'.'.join(digest(n))}.ip6.arpa" for n in range(250)], type="PTR"),
        asked([f"{digest(n)}._domainkey.example.com" for n in range(99)], type="TXT"),
        asked([f"{digest(n)}.shop.svc.cluster.local" for n in range(99)]),
        asked([f"www.example{n}.com.corp.example.net" for n in range(99)], rcode="NXDOMAIN"),
        asked(below("example.com"), kind="mdns"),
        asked(below("example.com"), operation="update"),
        asked(below("example.com"), step=3.0),
        [lookup for n in range(99) for lookup in asked([f"{digest(n)}.example{n}.com"])],
        [lookup for n in range(99) for lookup in asked(below("example.com")[n : n + 1], client=f"10.1.0.{n}")],
    ],
    ids=[
        "few names, often", "a content network", "an antivirus", "a block list", "reverse lookups",
        "reverse lookups of IPv6", "DKIM", "Kubernetes", "a search list", "multicast DNS", "updates", "slowly",
        "many domains", "many clients",
    ],
)  # fmt: skip
def test_ordinary_names_are_no_tunnel(lookups: list[DnsLookup]) -> None:
    assert found("dns_tunnel", lookups) == []


def test_a_tunnel_to_a_server_of_its_own_needs_no_domain() -> None:
    (tunnel,) = found("dns_tunnel", asked([f"dnscat.{digest(n, 30)}.{digest(n, 31)}" for n in range(99)], type="MX"))
    assert (tunnel.host, tunnel.client) == ("", CLIENT)
    assert "names below no domain" in tunnel.reason


# generated_names ------------------------------------------------------------------------------------------------------


def generated(many: int = 100, suffix: str = ".com") -> list[str]:
    return [f"{digest(number, 12)}{suffix}" for number in range(many)]


def test_generated_names_are_found_once_within_a_minute() -> None:
    ordinary = asked(["www.example.com", "www.example.org"] * 20, step=1.0)
    lookups = sorted([*ordinary, *asked(generated(), rcode="NXDOMAIN")], key=lambda lookup: lookup.time)
    (names,) = found("generated_names", lookups)
    assert kinds([names]) == [("generated_names", CLIENT, "T1568.002")]
    assert names.time <= BEGIN + 60
    assert names.reason == (
        f"{CLIENT} asked for 40 domains that do not exist in two minutes, and 20 times for names that do"
    )


def crawler() -> list[DnsLookup]:
    """One of ten links is dead."""
    lookups = asked([f"www.example{number}.com" for number in range(1000)], step=0.1)
    return [each._replace(rcode="NXDOMAIN") if number % 10 == 0 else each for number, each in enumerate(lookups)]


@pytest.mark.parametrize(
    "lookups",
    [
        asked(generated()),
        asked(generated(), rcode="SERVFAIL"),
        asked(generated(), rcode="NXDOMAIN", type="MX"),
        asked(generated(), rcode="NXDOMAIN", step=10.0),
        asked(generated(suffix=""), rcode="NXDOMAIN"),
        asked(generated(suffix=".lan"), rcode="NXDOMAIN"),
        asked(generated(suffix=".com.corp.example.com"), rcode="NXDOMAIN"),
        asked(generated(suffix=".local"), rcode="NXDOMAIN", kind="mdns"),
        asked(["missing.example.com"] * 200, rcode="NXDOMAIN"),
        crawler(),
        [lookup for n in range(99) for lookup in asked(generated()[n : n + 1], rcode="NXDOMAIN", client=f"10.1.0.{n}")],
    ],
    ids=[
        "names that exist", "a server that fails", "a mail server", "slowly", "a browser's probes", "a router's suffix",
        "a search list", "multicast DNS", "one name", "a crawler", "many clients",
    ],
)  # fmt: skip
def test_ordinary_misses_are_not_generated(lookups: list[DnsLookup]) -> None:
    assert found("generated_names", lookups) == []


# dns_rebinding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        [PUBLIC, PRIVATE],
        [PRIVATE, PUBLIC],
        [PUBLIC, ("127.0.0.1",)],
        [PUBLIC, ("::ffff:10.0.0.1",)],
        [PUBLIC, ("169.254.169.254",)],
        [(*PUBLIC, *PRIVATE)],
        [PUBLIC, PRIVATE] * 20,
    ],
    ids=["then private", "then public", "loopback", "mapped", "metadata of a cloud", "both at once", "back and forth"],
)
def test_a_name_that_rebinds_is_found_once(answers: list[tuple[str, ...]]) -> None:
    lookups = [
        each for n, addresses in enumerate(answers) for each in asked(["a.evil.example"], begin=n, addresses=addresses)
    ]
    (rebinding,) = found("dns_rebinding", lookups, size=1)
    assert kinds([rebinding]) == [("dns_rebinding", CLIENT, "")]
    assert (rebinding.host, rebinding.severity) == ("a.evil.example", "medium")
    assert rebinding.reason == f"{CLIENT} got public and private addresses for a.evil.example within ten minutes"


@pytest.mark.parametrize(
    "lookups",
    [
        asked(["www.example.com"] * 9, addresses=PUBLIC),
        asked(["intranet.example.com"] * 9, addresses=PRIVATE),
        asked(["www.example.com"], addresses=PUBLIC) + asked(["ads.example.com"], addresses=PRIVATE),
        asked(["a.example.com"], addresses=PUBLIC) + asked(["a.example.com"], addresses=("0.0.0.0",)),
        asked(["nas.lan"], addresses=PUBLIC) + asked(["nas.lan"], addresses=PRIVATE),
        asked(["a.example.com"], addresses=PUBLIC) + asked(["a.example.com"], addresses=PRIVATE, client="10.0.0.8"),
        asked(["a.example.com"], addresses=PUBLIC) + asked(["a.example.com"], addresses=PRIVATE, begin=BEGIN + 1200),
        asked(["vpn.own.example"], addresses=PUBLIC) + asked(["vpn.own.example"], addresses=PRIVATE),
    ],
    ids=["public", "split horizon", "two names", "a blocker", "a local name", "two clients", "moved", "own domain"],
)
def test_ordinary_addresses_do_not_rebind(lookups: list[DnsLookup]) -> None:
    assert found("dns_rebinding", lookups, dns_rebinding_own_domains=("Own.example.",)) == []


# All of them ----------------------------------------------------------------------------------------------------------

OF_DNS = [name for name in available() if load([name], vars(Config()))[0].records == (DnsLookup,)]


def test_these_are_the_detectors_of_dns() -> None:
    assert OF_DNS == ["dns_rebinding", "dns_tunnel", "generated_names"]


def test_they_are_not_made_if_dns_is_off() -> None:
    names = [each.name for each in load(Config().detectors, vars(Config()), frozenset({DnsLookup}))]
    assert names == [name for name in Config().detectors if name not in OF_DNS]


@pytest.mark.parametrize("name", OF_DNS)
def test_lookups_without_client_or_name_are_no_trouble(name: str) -> None:
    lookups = asked(["", "."] * 200, rcode="NXDOMAIN") + asked(below("example.com"), client="")
    assert found(name, lookups) == []


@pytest.mark.parametrize(
    ("name", "attack"),
    [
        ("dns_tunnel", asked(below("evil.example.com", length=60))),
        ("generated_names", asked(generated(), rcode="NXDOMAIN")),
    ],
)
@pytest.mark.parametrize(
    "disturbed", [lambda each: each[::-1], lambda each: each[1::2] + each[::2]], ids=["back", "late"]
)
def test_lookups_out_of_order_are_found_too(
    name: str, attack: list[DnsLookup], disturbed: Callable[[list[DnsLookup]], list[DnsLookup]]
) -> None:
    assert len(found(name, disturbed(attack))) == 1


@pytest.mark.parametrize("name", OF_DNS)
def test_random_names_and_clients_do_not_fill_the_memory(name: str) -> None:
    (detector,) = load([name], vars(Config()))
    tables = [table for table in vars(detector).values() if isinstance(table, Halves | Repeats)]
    for table in tables:
        table._max_keys = 50
    for number in range(300):
        names = asked([f"{digest(number)}.{digest(number, 9)}.com"], client=f"10.1.{number}.1", rcode="NXDOMAIN")
        answers = asked([f"{number}.example.com"], client=f"10.1.{number}.1", addresses=(*PUBLIC, *PRIVATE))
        list(detector.look(RecordBatch([*names, *answers])))
    assert {len(table._current) for table in tables if isinstance(table, Halves)} == {50}
    assert all(len(table._reported) <= 50 for table in tables if isinstance(table, Repeats))


def test_a_tunnel_is_found_without_the_package_for_registered_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detection.detectors.dns_tunnel.domains", lambda: guessed_domain)
    (tunnel,) = found("dns_tunnel", asked(below("t.evil.co.uk")))
    assert tunnel.host == "evil.co.uk"


def test_the_registered_domain_can_be_guessed_without_the_package() -> None:
    names = ("a.b.example.co.uk", "a.b.example.com", "example.co.uk", "example.de", "com", "a.b.example.de")
    assert [guessed_domain(name) for name in names] == [
        "example.co.uk", "example.com", "example.co.uk", "example.de", "com", "example.de",
    ]  # fmt: skip
