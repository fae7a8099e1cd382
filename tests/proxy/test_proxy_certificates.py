"""Certificates and keys are read, and sent by the process that may read them."""

import os
from pathlib import Path

import pytest

from proxy.certificates import LONGEST, CertificateError, CertificateFiles, answer, answered, paired, read


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    for name in ("chain", "key", "authorities"):
        (tmp_path / name).write_bytes(name.encode() + b"\0\xff")
    return CertificateFiles(((str(tmp_path / "chain"), str(tmp_path / "key")),), str(tmp_path / "authorities"))


def test_files_are_read_with_the_name_of_the_certificate(files: CertificateFiles) -> None:
    found = read(files)
    assert found.pairs == ((b"chain\0\xff", b"key\0\xff", files.pairs[0][0]),)
    assert found.client_authorities == b"authorities\0\xff"
    assert read(files._replace(client_authorities="")).client_authorities == b""


def test_another_process_gets_the_same(files: CertificateFiles) -> None:
    assert answered(answer(files)) == read(files)


def test_another_process_learns_what_is_wrong(files: CertificateFiles) -> None:
    os.unlink(files.pairs[0][1])
    with pytest.raises(CertificateError, match="key cannot be read: No such file"):
        answered(answer(files))


def test_a_file_is_opened_as_it_is_told(files: CertificateFiles) -> None:
    opened: list[str] = []

    def open_file(path: str, flags: int) -> int:
        opened.append(path)
        return os.open(path, flags)

    read(files, open_file)
    assert opened == [*files.pairs[0], files.client_authorities]


def test_what_cannot_be_a_certificate_is_refused(files: CertificateFiles, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(LONGEST + 1))
    with pytest.raises(CertificateError, match="is larger than 1 MiB"):
        read(files)
    with pytest.raises(CertificateError, match="Is a directory"):
        read(CertificateFiles(((str(tmp_path), str(tmp_path)),), ""))


def test_each_certificate_has_a_key() -> None:
    assert paired(["/a", "/b"], []) == (("/a", "/a"), ("/b", "/b"))
    assert paired(["/a", "/b"], ["/c", "/d"]) == (("/a", "/c"), ("/b", "/d"))
    assert paired(["a"], [])[0][0] == str(Path.cwd() / "a"), "the program may change its folder"
    assert paired([], []) == ()


@pytest.mark.parametrize(("certificates", "keys"), [(["/a", "/b"], ["/c"]), (["/a"], ["/c", "/d"]), ([], ["/c"])])
def test_a_missing_key_is_named(certificates: list[str], keys: list[str]) -> None:
    with pytest.raises(CertificateError, match=f"--cert comes {len(certificates)} times and --key {len(keys)} times"):
        paired(certificates, keys)
