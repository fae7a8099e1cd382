"""Containers by their control groups, and their names from the files of their runtimes."""

import http.server
import json
import os
import socketserver
import threading
from pathlib import Path

import pytest

from capture.owners.cgroups import ContainerId, container_of, paths_of
from capture.owners.containers import AGAIN, ContainerNames, Containers
from capture.owners.control_groups import ControlGroups
from capture.owners.docker import inspected

ID = "9f2c" * 16
OTHER = "1a3b" * 16
POD = "0b7a1c2d-1111-2222-3333-444455556666"
FLAT = POD.replace("-", "_")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/system.slice/docker-{ID}.scope", (ID, "")),
        (f"/docker/{ID}", (ID, "")),
        (f"/docker/{OTHER}/docker/{ID}", (ID, "")),
        (f"/system.slice/docker-{OTHER}.scope/system.slice/docker-{ID}.scope", (ID, "")),
        (f"/../../docker-{ID}.scope", (ID, "")),
        (
            f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{FLAT}.slice/cri-containerd-{ID}.scope",
            (ID, POD),
        ),
        (f"/kubepods.slice/kubepods-pod{FLAT}.slice/crio-{ID}.scope", (ID, POD)),
        (f"/kubepods/besteffort/pod{POD}/{ID}", (ID, POD)),
        (f"/kubepods/pod{POD.replace('-', '')}/{ID}", (ID, POD)),
        (f"/ecs/8d1f/{ID}", (ID, "")),
        (f"/system.slice/nerdctl-{ID}.scope", (ID, "")),
        (f"/machine.slice/libpod-{ID}.scope/container", (ID, "")),
        (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope", (ID, "")),
        (f"/libpod_parent/libpod-{ID}", (ID, "")),
        ("/machine.slice/systemd-nspawn@web.service/payload/init.scope", ("web", "")),
        (r"/machine.slice/machine-my\x2dweb.scope", ("my-web", "")),
        ("/lxc.payload.web/system.slice/nginx.service", ("web", "")),
        ("/lxc/web/init.scope", ("web", "")),
        ("/lxc.payload/web", ("web", "")),
    ],
)
def test_groups_name_containers(path: str, expected: tuple[str, str]) -> None:
    assert container_of([path]) == ContainerId(*expected)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/system.slice/nginx.service",
        "/user.slice/user-1000.slice/session-3.scope",
        f"/machine.slice/libpod-conmon-{ID}.scope",
        f"/kubepods.slice/crio-conmon-{ID}.scope",
        "/lxc.monitor.web",
        f"/docker-{ID[:-1]}.scope",
        f"/system.slice/x{ID}",
        f"/kubepods.slice/kubepods-pod{FLAT}.slice",
    ],
)
def test_other_groups_are_no_containers(path: str) -> None:
    assert container_of([path]) is None


def test_version_2_of_control_groups_comes_first() -> None:
    text = "12:cpuset:/docker/a\n1:name=systemd:/b\n0::/c\nnonsense\n"
    assert paths_of(text) == ["/c", "/docker/a", "/b"]


def test_groups_are_found_by_their_inodes(tmp_path: Path) -> None:
    folder = tmp_path / "system.slice" / f"docker-{ID}.scope"
    folder.mkdir(parents=True)
    (tmp_path / "cgroup.controllers").touch()
    groups = ControlGroups((tmp_path / "none", tmp_path))
    assert groups.container(folder.stat().st_ino) == ContainerId(ID)
    assert groups.container(tmp_path.stat().st_ino) is None
    assert groups.container(1) is None
    assert groups.container(0) is None, "the kernel does not tell it"


def containers(root: Path, clock: list[float] | None = None) -> Containers:
    times = clock if clock is not None else [0.0]
    return Containers(root, lambda: times[0])


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def docker_file(root: Path) -> Path:
    return root / f"var/lib/docker/containers/{ID}/config.v2.json"


def test_docker_tells_name_and_image(tmp_path: Path) -> None:
    write(docker_file(tmp_path), {"Name": "/web", "Config": {"Image": "nginx:1.29"}})
    assert containers(tmp_path).names(ContainerId(ID)) == ContainerNames("web", "nginx:1.29")


def test_docker_tells_the_pod(tmp_path: Path) -> None:
    labels = {
        "io.kubernetes.pod.name": "cart-7d4",
        "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.container.name": "web",
    }
    write(docker_file(tmp_path), {"Name": "/k8s_web_cart-7d4_shop_0_0", "Config": {"Labels": labels}})
    assert containers(tmp_path).names(ContainerId(ID)) == ContainerNames("web", "", "shop/cart-7d4")


@pytest.mark.parametrize("folder", ["var/lib/containers/storage", "home/ann/.local/share/containers/storage"])
def test_podman_tells_name_and_image(tmp_path: Path, folder: str) -> None:
    other = {"id": OTHER, "names": ["db"]}
    entry = {"id": ID, "names": ["web"], "metadata": json.dumps({"image-name": "docker.io/library/nginx:latest"})}
    write(tmp_path / folder / "overlay-containers/containers.json", [other, entry])
    found = containers(tmp_path).names(ContainerId(ID), "/home/ann")
    assert found == ContainerNames("web", "docker.io/library/nginx:latest")


def test_cri_o_tells_the_pod(tmp_path: Path) -> None:
    entry = {"id": ID, "names": [f"k8s_web_cart-7d4_shop_{POD}_0"], "metadata": "no JSON"}
    write(tmp_path / "var/lib/containers/storage/overlay-containers/containers.json", [entry])
    assert containers(tmp_path).names(ContainerId(ID)) == ContainerNames("web", "", "shop/cart-7d4")


def test_the_kubelet_tells_the_pod_for_every_runtime(tmp_path: Path) -> None:
    logs = tmp_path / "var/log/containers"
    logs.mkdir(parents=True)
    (logs / f"cart-7d4_shop_side-car-{ID}.log").symlink_to("/nowhere")
    (logs / f"cart-7d4_shop_web-{OTHER}.log").symlink_to("/nowhere")
    assert containers(tmp_path).names(ContainerId(ID)) == ContainerNames("side-car", "", "shop/cart-7d4")


@pytest.mark.parametrize("content", ["", "[]", "nonsense", '{"Name": 5, "Config": [1]}', "[" * 100_000])
def test_files_that_say_nothing_leave_the_number(tmp_path: Path, content: str) -> None:
    docker_file(tmp_path).parent.mkdir(parents=True)
    docker_file(tmp_path).write_text(content)
    write(tmp_path / "var/lib/containers/storage/overlay-containers/containers.json", [1, {"id": ID, "names": [2]}])
    assert containers(tmp_path).names(ContainerId(ID)) == ContainerNames(ID[:12])


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    docker_file(tmp_path).parent.mkdir(parents=True)
    os.mkfifo(docker_file(tmp_path))
    assert containers(tmp_path).names(ContainerId(ID)).name == ID[:12]


def test_names_have_no_control_characters(tmp_path: Path) -> None:
    write(docker_file(tmp_path), {"Name": "/we\x1b[2Jb" + "x" * 1000})
    name = containers(tmp_path).names(ContainerId(ID)).name
    assert name.startswith("we?[2Jb")
    assert len(name) == 255


def test_a_name_that_was_not_found_is_looked_for_again(tmp_path: Path) -> None:
    clock = [0.0]
    found = containers(tmp_path, clock)
    assert found.names(ContainerId(ID)).name == ID[:12]
    write(docker_file(tmp_path), {"Name": "/web"})
    assert found.names(ContainerId(ID)).name == ID[:12], "not at once"
    clock[0] = AGAIN
    assert found.names(ContainerId(ID)).name == "web"


def test_containers_with_names_have_no_files(tmp_path: Path) -> None:
    assert containers(tmp_path).names(ContainerId("web")) == ContainerNames("web")


class _Daemon(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == f"/containers/{ID}/json"
        body = json.dumps({"Name": "/web", "Config": {"Image": "nginx"}}).encode() if known else b"{}"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return ""


def test_the_daemon_of_docker_is_asked_over_its_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    with socketserver.UnixStreamServer(path, _Daemon) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            assert inspected(ID, (str(tmp_path / "none"), path))["Name"] == "/web"
            assert inspected(OTHER, (path,)) == {}
        finally:
            server.shutdown()
            thread.join()


def test_without_a_daemon_nothing_is_told(tmp_path: Path) -> None:
    assert inspected(ID, (str(tmp_path / "none"),)) == {}
