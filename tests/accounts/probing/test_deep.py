"""The deep scanner: the real one where it is installed, and what becomes of one that is not."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path
from typing import Any

import pytest

from accounts.probing import deep
from accounts.probing.observations import Observation, Status
from tests.accounts.probing import certificates, zoo
from tests.accounts.probing.certificates import Authority
from tests.services import needs_scanner

HOST = "mail.agency.test"
old_protocols = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")


@pytest.fixture(scope="module")
def scanner() -> str:
    return needs_scanner()


def scan(scanner: str, port: int, cage: zoo.Cage, **more: Any) -> Observation:
    with zoo.serving(cage) as kept:
        ground = zoo.ground_for((port, kept.port), scanner=scanner, **more)
        seen = deep.look(ground, HOST, port, zoo.ADDRESS)
    seen.facts["visits"] = kept.visits
    return seen


def test_a_good_server_is_asked_to_the_end_and_takes_nothing_weak(
    scanner: str, root: Authority
) -> None:
    context = zoo.context_of(root.issue(HOST))
    context.set_ciphers("ECDHE+AESGCM")
    seen = scan(scanner, 443, zoo.https(context))

    assert (seen.status, seen.target) == (Status.ANSWERED, f"{HOST}:443")
    assert (seen.facts["weak"], seen.facts["untested"]) == ([], [])
    assert seen.facts["accepted"]["TLSv1.2"] == [
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    ]
    assert "TLS_AES_256_GCM_SHA384" in seen.facts["accepted"]["TLSv1.3"]
    assert [seen.facts["accepted"][old] for old in ("SSLv3", "TLSv1", "TLSv1.1")] == [[], [], []]
    assert seen.facts["scanner"].startswith("sslyze ")
    assert Observation.from_json(seen.to_json()) == seen


@old_protocols
def test_old_versions_and_weak_suites_are_named(scanner: str, root: Authority) -> None:
    identity = root.issue(HOST, key=certificates.rsa_key())
    context = zoo.context_of(identity, least=ssl.TLSVersion.TLSv1)
    seen = scan(scanner, 443, zoo.https(context))

    assert "TLS_RSA_WITH_AES_128_CBC_SHA" in seen.facts["accepted"]["TLSv1"]
    assert "TLS_ECDH_anon_WITH_AES_128_CBC_SHA" in seen.facts["weak"]


def test_a_mail_server_is_asked_behind_starttls_and_spared_most_questions(
    scanner: str, root: Authority
) -> None:
    seen = scan(scanner, 25, zoo.smtp(zoo.context_of(root.issue(HOST))))

    assert (seen.status, seen.facts["untested"]) == (Status.ANSWERED, [])
    # Nobody checks names between mail servers, so that anonymous suites are no weaker.
    assert "TLS_ECDH_anon_WITH_AES_128_CBC_SHA" in seen.facts["accepted"]["TLSv1.2"]
    assert seen.facts["weak"] == []
    assert seen.facts["visits"] <= 8


@pytest.mark.parametrize(
    ("port", "cage", "status", "error"),
    [
        (25, zoo.smtp(), Status.BROKEN, "no_starttls"),
        (25, zoo.tarpit, Status.SILENT, "timeout"),
        (443, zoo.silence, Status.SILENT, "timeout"),
    ],
)
def test_a_server_that_cannot_be_asked_is_no_pass(
    scanner: str, port: int, cage: zoo.Cage, status: Status, error: str
) -> None:
    seen = scan(scanner, port, cage, probe_seconds=1)

    assert (seen.status, seen.error) == (status, error)
    assert len(seen.facts["untested"]) == 5


# --- Without the real one ----------------------------------------------------------------------


def a_scanner_that(does: str, folder: Path) -> str:
    path = folder / "scanner"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(stat.S_IRWXU)
    return str(path)


@pytest.mark.parametrize("path", ["", "/nowhere/bin/python", "/etc/hostname"])
def test_without_a_scanner_nothing_was_tested(path: str) -> None:
    seen = scan(path, 443, zoo.silence)

    assert (seen.status, seen.error) == (Status.UNABLE, "absent")
    assert seen.facts == {"visits": 0}


@pytest.mark.parametrize(
    "says",
    ["", "exit 1", "echo '{}'", "echo null", "echo '{\"accepted\": 3}'", "head -c 9000 /dev/zero"],
)
def test_a_scanner_that_speaks_nonsense_is_our_fault(tmp_path: Path, says: str) -> None:
    seen = scan(a_scanner_that(says, tmp_path), 443, zoo.silence)

    assert (seen.status, seen.error) == (Status.UNABLE, "ours")


def test_a_scanner_that_never_ends_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deep, "_START_SECONDS", 0.2)
    child = tmp_path / "child"
    endless = a_scanner_that(f"sleep 100 & echo $! > {child}; wait", tmp_path)
    seen = scan(endless, 443, zoo.silence, probe_seconds=0.2)

    assert (seen.status, seen.error) == (Status.SILENT, "timeout")
    state = Path(f"/proc/{child.read_text().strip()}/stat")
    # Dead, and perhaps not yet fetched by its new parent.
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] in "ZX"


def test_the_scanner_gets_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    told = tmp_path / "told"
    scan(a_scanner_that(f"env > {told}; cat >> {told}", tmp_path), 443, zoo.silence)

    assert "LANG=C.UTF-8" in told.read_text()
    assert "canary" not in told.read_text()
    assert '"address": "127.0.0.1"' in told.read_text()


@pytest.mark.parametrize(
    ("port", "address", "error"),
    [(443, "169.254.169.254", "metadata"), (443, "10.0.0.1", "private"), (22, "127.0.0.1", "port")],
)
def test_what_we_do_not_go_to_the_scanner_is_not_sent_to(
    tmp_path: Path, port: int, address: str, error: str
) -> None:
    told = tmp_path / "told"
    ground = zoo.ground_for(scanner=a_scanner_that(f"cat > {told}", tmp_path))
    seen = deep.look(ground, HOST, port, address)

    assert (seen.status, seen.error, told.exists()) == (Status.FORBIDDEN, error, False)
