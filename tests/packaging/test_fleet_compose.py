"""The cluster for docker compose: its files fit together. The images are not run here."""

import re
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
FLEET = ROOT / "packaging" / "fleet"
SERVERS = ["clickhouse-1-1", "clickhouse-1-2", "clickhouse-2-1", "clickhouse-2-2"]
KEEPERS = ["keeper-1", "keeper-2", "keeper-3"]


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FLEET / "compose.yaml").read_text())["services"]
    return found


def texts(root: ElementTree.Element, path: str) -> list[str]:
    return [str(each.text) for each in root.findall(path)]


def test_there_are_two_shards_of_two_and_three_keepers(services: dict[str, Any]) -> None:
    assert list(services) == [*SERVERS, *KEEPERS]
    for name in SERVERS:
        given = services[name]["environment"]
        assert (services[name]["hostname"], f"clickhouse-{given['SHARD']}-{given['REPLICA']}") == (name, name)
    assert len({services[name]["ports"][0] for name in SERVERS}) == len(SERVERS)
    assert [services[name]["environment"]["KEEPER"] for name in KEEPERS] == ["1", "2", "3"]


def test_the_files_and_volumes_that_are_mounted_are_there(services: dict[str, Any]) -> None:
    volumes = yaml.safe_load((FLEET / "compose.yaml").read_text())["volumes"]
    for service in services.values():
        for mount in service["volumes"]:
            source = mount.partition(":")[0]
            made = source.startswith("./certificates/")  # by the script
            assert source in volumes or made or (FLEET / source).is_file(), mount


def test_the_servers_know_each_other_by_their_names(services: dict[str, Any]) -> None:
    root = ElementTree.parse(FLEET / "clickhouse" / "cluster.xml").getroot()
    assert texts(root, "remote_servers/fleet/shard/replica/host") == SERVERS
    assert [len(shard.findall("replica")) for shard in root.findall("remote_servers/fleet/shard")] == [2, 2]
    assert texts(root, "remote_servers/fleet/shard/internal_replication") == ["true", "true"]
    assert set(texts(root, "remote_servers/fleet/shard/replica/port")) == set(texts(root, "tcp_port_secure"))
    assert texts(root, "zookeeper/node/host") == KEEPERS
    keeper = ElementTree.parse(FLEET / "keeper" / "keeper.xml").getroot()
    assert texts(keeper, "keeper_server/raft_configuration/server/hostname") == KEEPERS
    assert set(texts(root, "zookeeper/node/port")) == set(texts(keeper, "keeper_server/tcp_port"))
    assert texts(root, "https_port") == [services[SERVERS[0]]["ports"][0].rpartition(":")[2]]


def test_each_variable_of_a_configuration_is_set(services: dict[str, Any]) -> None:
    for name, file in (
        (SERVERS[0], "clickhouse/cluster.xml"),
        (SERVERS[0], "clickhouse/users.xml"),
        (KEEPERS[0], "keeper/keeper.xml"),
    ):
        for element in ElementTree.parse(FLEET / file).iter():
            if variable := element.get("from_env"):
                assert variable in services[name]["environment"], (file, variable)


def test_only_tls_is_spoken_to_the_outside() -> None:
    root = ElementTree.parse(FLEET / "clickhouse" / "cluster.xml").getroot()
    for port in ("http_port", "tcp_port", "mysql_port", "postgresql_port", "interserver_http_port"):
        found = root.find(port)
        assert found is not None
        assert found.get("remove") == "remove"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not there")
def test_the_certificates_fit_servers_and_clients(tmp_path: Path, services: dict[str, Any]) -> None:
    shutil.copy(FLEET / "certificates.sh", tmp_path)
    script = str(tmp_path / "certificates.sh")
    for given in (["db.example.com"], ["--client", "web-1"]):
        subprocess.run([script, *given], check=True, capture_output=True)
    made = tmp_path / "certificates"
    for who, purpose in (
        ("servers/server.pem", "sslserver"),
        ("servers/server.pem", "sslclient"),
        ("web-1.pem", "sslclient"),
    ):
        command = ["openssl", "verify", "-purpose", purpose, "-CAfile", str(made / "ca.pem"), str(made / who)]
        subprocess.run(command, check=True, capture_output=True)
    for name in ("db.example.com", *SERVERS):
        command = ["openssl", "x509", "-in", str(made / "servers" / "server.pem"), "-noout", "-checkhost", name]
        assert "does match" in subprocess.run(command, check=True, capture_output=True, text=True).stdout
    ssl.create_default_context(cafile=str(made / "ca.pem")).load_cert_chain(made / "web-1.pem", made / "web-1.key")
    for secret in (made / "ca.key", made / "web-1.key"):
        assert secret.stat().st_mode & 0o077 == 0
    used = services[SERVERS[0]]["volumes"][2].split(":")
    root = ElementTree.parse(FLEET / "clickhouse" / "cluster.xml").getroot()
    for name in ("certificateFile", "privateKeyFile", "caConfig"):
        path = texts(root, f"openSSL/server/{name}")[0]
        assert (tmp_path / used[0] / Path(path).relative_to(used[1])).is_file()
    wrong = subprocess.run([script, "--client", "a/b"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr) == (2, "usage: certificates.sh --client USER\n")


def test_the_documents_name_the_cluster_and_its_services(services: dict[str, Any]) -> None:
    text = (ROOT / "docs" / "fleet.md").read_text().partition("## docker compose")[2]
    assert set(re.findall(r"cluster=(\w+)", text)) == {"fleet"}
    assert set(re.findall(r"exec -T (\S+)", text)) <= set(services)
