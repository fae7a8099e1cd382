"""A sensor sends to a collector by TLS on loopback; each failure is one line that names the fix."""

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from certificates import Certificates, trustme
from collector_scene import OTHER_TOKEN, START, TOKEN, Scene, collector, counting

from fleet import batch
from fleet.collector_target import CollectorTarget, _skew
from fleet.collector_tls import CertificateError, server_context, trust_clients_of
from fleet.stores import open_fleet, open_target
from history.address import StoreAddress, parse_store
from history.collected.reading import CollectedFleet
from history.record import Level, StoreError


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def scene(tmp_path: Path, certificates: Certificates) -> Iterator[Scene]:
    with collector(tmp_path / "sensors", certificates.server) as made:
        yield made


def address(scene: Scene, certificates: Certificates, options: str = "") -> StoreAddress:
    return parse_store(f"https://localhost:{scene.server.port}?tls=yes&ca={certificates.authority}{options}")


@contextmanager
def target(where: StoreAddress, token: str = TOKEN) -> Iterator[CollectorTarget]:
    with closing(CollectorTarget(where, token)) as made:
        yield made


def test_records_of_sensors_arrive_and_are_read_as_one(scene: Scene, certificates: Certificates) -> None:
    where = address(scene, certificates)
    with target(where) as one, target(where, OTHER_TOKEN) as two:
        one.send([counting(number) for number in range(1, 13)])
        one.send([counting(12), counting(13, count=5)])
        two.send([counting(number, "db-1", 2) for number in range(1, 11)])
        two.send([])
    with closing(CollectedFleet(str(scene.path))) as fleet:
        top = fleet.top("top_sensors", START, START + 600, 5)
        assert {key: sums.count for key, sums in top.rows} == {"web-1": 17, "db-1": 20}


def test_the_connection_is_kept(scene: Scene, certificates: Certificates) -> None:
    with target(address(scene, certificates)) as sensor:
        for number in range(1, 6):
            sensor.send([counting(number)])
        assert len(scene.server._server._until) == 1
        scene.server._server.cut_all()
        sensor.send([counting(6)])  # after an idle time, it connects again


def test_it_knows_how_far_the_clock_is_off(scene: Scene, certificates: Certificates) -> None:
    with target(address(scene, certificates)) as sensor:
        assert sensor.skew is None
        sensor.send([counting(1)])
        assert sensor.skew is not None
        assert abs(sensor.skew) < 60
    assert _skew("Sun, 29 Nov 2026 17:00:00 GMT", 1_795_971_600.0 + 100) == 99.5
    assert _skew("tomorrow", 0) is _skew("", 0) is None


def test_large_batches_are_split(scene: Scene, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_RECORDS", 3)
    with target(address(scene, certificates)) as sensor:
        sensor.send([counting(number) for number in range(1, 11)])
    assert "10 records" in scene.collecting.summary()


def test_longer_periods_are_not_sent(scene: Scene, certificates: Certificates) -> None:
    minute = counting(1)._replace(through=1)
    with target(address(scene, certificates)) as sensor:
        sensor.send([minute._replace(series=minute.series._replace(level=Level.MINUTE))])
    assert scene.collecting.summary() == ""


def test_a_wrong_token_names_the_fix(scene: Scene, certificates: Certificates) -> None:
    with target(address(scene, certificates), "w" * 16) as sensor, pytest.raises(StoreError) as error:
        sensor.send([counting(1)])
    assert not error.value.refused
    assert str(error.value).endswith("wrong token; put the one of the collector's --token-file into token_file")


def test_the_token_of_another_sensor_names_the_fix(scene: Scene, certificates: Certificates) -> None:
    with target(address(scene, certificates), OTHER_TOKEN) as sensor, pytest.raises(StoreError) as error:
        sensor.send([counting(1)])
    assert not error.value.refused
    assert "this token is not for web-1; add a line to the collector's --token-file" in str(error.value)


def test_wrong_records_are_refused_for_good(scene: Scene, certificates: Certificates) -> None:
    ahead = counting(1)
    ahead = ahead._replace(buckets=(ahead.buckets[0]._replace(start=9e9),))
    with target(address(scene, certificates)) as sensor, pytest.raises(StoreError, match="set it") as error:
        sensor.send([ahead])
    assert error.value.refused


def test_a_collector_that_cannot_store_says_when_to_come_again(tmp_path: Path, certificates: Certificates) -> None:
    running = collector(tmp_path / "sensors", certificates.server, max_sensors=1)
    with running as scene, target(address(scene, certificates)) as sensor:
        sensor.send([counting(1)])
        with pytest.raises(StoreError, match=r"cannot store now: .*it asks to wait 60 s") as error:
            sensor.send([counting(1, "web-2")])
    assert not error.value.refused


def test_an_unknown_authority_names_the_fix(scene: Scene) -> None:
    where = parse_store(f"https://localhost:{scene.server.port}?tls=yes")
    with target(where) as sensor, pytest.raises(StoreError, match=r"certificate not trusted .*; use \?ca=FILE"):
        sensor.send([counting(1)])


def test_another_name_is_not_trusted(scene: Scene, certificates: Certificates) -> None:
    where = parse_store(f"https://127.0.0.1:{scene.server.port}?tls=yes&ca={certificates.authority}")
    with target(where) as sensor, pytest.raises(StoreError, match="the name that it was issued for"):
        sensor.send([counting(1)])


def test_without_tls_nothing_is_sent_to_a_collector_that_has_it(scene: Scene) -> None:
    where = parse_store(f"https://localhost:{scene.server.port}?tls=no")
    with target(where) as sensor, pytest.raises(StoreError, match=r"connection (lost|reset)"):
        sensor.send([counting(1)])


def test_nobody_listens(certificates: Certificates) -> None:
    with target(parse_store("https://localhost:9?tls=no")) as sensor, pytest.raises(StoreError, match="refused"):
        sensor.send([counting(1)])


def test_client_certificates_can_be_demanded(tmp_path: Path, certificates: Certificates) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name, issuer in (("localhost", authority), ("good", authority), ("bad", stranger)):
        made = issuer.issue_cert(name)
        made.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
        made.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
    own = (str(tmp_path / name) for name in ("localhost.pem", "localhost.key", "ca.pem"))
    context = server_context(*own)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    with collector(tmp_path / "sensors", context) as scene:
        plain = f"https://localhost:{scene.server.port}?tls=yes&ca={tmp_path}/ca.pem"
        with target(parse_store(f"{plain}&cert={tmp_path}/good.pem&key={tmp_path}/good.key")) as sensor:
            sensor.send([counting(1)])
        for options in ("", f"&cert={tmp_path}/bad.pem&key={tmp_path}/bad.key"):
            with target(parse_store(plain + options)) as sensor, pytest.raises(StoreError):
                sensor.send([counting(2)])
        assert "1 records" in scene.collecting.summary()


def test_certificates_that_cannot_be_used_are_said(tmp_path: Path, certificates: Certificates) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    for wrong in (str(text), str(tmp_path / "none.pem")):
        with pytest.raises(CertificateError):
            server_context(wrong, wrong)
        with pytest.raises(StoreError):
            CollectorTarget(parse_store(f"https://collector.example?ca={wrong}"), TOKEN)
        with pytest.raises(StoreError):
            CollectorTarget(parse_store(f"https://collector.example?cert={wrong}&key={wrong}"), TOKEN)
    for wrong in (str(text), str(tmp_path / "none.pem")):
        with pytest.raises(CertificateError):
            trust_clients_of(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), wrong)


def test_the_token_comes_from_a_file(tmp_path: Path, scene: Scene, certificates: Certificates) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    with closing(open_target(address(scene, certificates, f"&token_file={file}"), {})) as sensor:
        sensor.send([counting(1)])
    with closing(open_fleet(parse_store(str(scene.path)))) as fleet:
        assert [each.name for each in fleet.sensors()] == ["web-1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "needs a token; use ?token_file=FILE"),
        ("", "must have one line with the password or token"),
        ("a\nb\n", "must have one line with the password or token"),
        (f"web-1 {TOKEN}\n", "is not the token alone"),
    ],
)
def test_a_wrong_token_file_is_said(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
        file.chmod(0o600)
    option = "" if text is None else f"?token_file={file}"
    with pytest.raises(StoreError) as error:
        open_target(parse_store(f"https://collector.example{option}"), {})
    assert said in str(error.value)


def test_each_store_has_its_users(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="only takes records"):
        open_fleet(parse_store("https://collector.example"))
    with pytest.raises(StoreError, match="only readers use"):
        open_target(parse_store(str(tmp_path)), {})
    with pytest.raises(StoreError, match="cannot read"):
        open_target(parse_store(f"https://collector.example?token_file={tmp_path}/none"), {})
