"""What is learnt of a server's TLS; every server is a real one on loopback."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.probing import tls
from accounts.probing.observations import Observation, Status
from tests.accounts.probing import certificates, zoo
from tests.accounts.probing.certificates import Authority, Identity

HOST = "www.agency.test"
MANY = ssl.TLSVersion.MAXIMUM_SUPPORTED
old_protocols = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")


def look_at(cage: zoo.Cage, **more: Any) -> Observation:
    with zoo.serving(cage) as kept:
        return tls.look(zoo.outbound_to((443, kept.port), **more), HOST, zoo.ADDRESS)


def look_at_certificate(identity: Identity, ca_file: str) -> Observation:
    return look_at(zoo.https(zoo.context_of(identity)), ca_file=ca_file)


def test_a_good_server_tells_everything_within_four_connections(
    root: Authority, ca_file: str
) -> None:
    lower = root.intermediate()
    with zoo.serving(zoo.https(zoo.context_of(lower.issue(HOST)))) as kept:
        seen = tls.look(zoo.outbound_to((443, kept.port), ca_file=ca_file), HOST, zoo.ADDRESS)

    assert (seen.status, seen.error, seen.target) == ("answered", "", f"{HOST}@127.0.0.1")
    assert seen.facts["tls"] == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
    assert (seen.facts["trusted"], seen.facts["trust_error"]) == (True, "")
    assert seen.facts["name_matches"] is True
    assert seen.facts["forced"] == {"TLSv1.2": "accepted", "TLSv1.3": "accepted"}
    assert seen.facts["old"] == {"TLSv1": "refused", "TLSv1.1": "refused", "SSLv3": "untested"}
    assert kept.visits == 4
    leaf, above = map(x509.load_pem_x509_certificate, map(str.encode, seen.facts["certificates"]))
    assert (leaf.issuer, above) == (above.subject, lower.certificate)


def test_what_was_seen_goes_through_json(root: Authority, ca_file: str) -> None:
    seen = look_at_certificate(root.issue(HOST), ca_file)

    assert Observation.from_json(seen.to_json()) == seen


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("self-signed", "self_signed"),
        ("expired", "expired"),
        ("from tomorrow on", "not_yet_valid"),
        ("of an unknown authority", "unknown_issuer"),
        ("without what stands between", "unknown_issuer"),
        ("forged", "untrusted"),
    ],
)
def test_an_untrusted_certificate_is_shown_with_its_chain_and_the_reason(
    root: Authority, ca_file: str, kind: str, why: str
) -> None:
    day = dt.timedelta(days=1)
    lower = root.intermediate()
    alone = lower.issue(HOST)
    identity = {
        "self-signed": lambda: certificates.self_signed(HOST),
        "expired": lambda: root.issue(HOST, starts=-9 * day, ends=-day),
        "from tomorrow on": lambda: root.issue(HOST, starts=day),
        "of an unknown authority": lambda: certificates.authority("Another").issue(HOST),
        "without what stands between": lambda: Identity(alone.certificate, alone.key),
        "forged": lambda: root.issue(HOST, signed_by=lower.key),
    }[kind]()
    seen = look_at_certificate(identity, ca_file)

    assert (seen.status, seen.facts["trusted"], seen.facts["trust_error"]) == (
        "answered",
        False,
        why,
    )
    assert seen.facts["certificates"][0].encode().split() == (
        identity.certificate.public_bytes(Encoding.PEM).split()
    )
    assert seen.facts["name_matches"] is True
    assert seen.facts["forced"]["TLSv1.2"] == "accepted"


def test_a_weak_key_and_a_weak_signature_are_shown_and_not_hidden_by_a_failure(
    root: Authority, ca_file: str, tmp_path: Path
) -> None:
    weak = look_at_certificate(root.issue(HOST, key=certificates.rsa_key(1024)), ca_file)
    sha1, its_root = certificates.signed_with_sha1(HOST)
    old = look_at_certificate(sha1, its_root.ca_file(tmp_path))

    # Strength is for the rules to judge, by the certificate.
    assert [seen.facts["trusted"] for seen in (weak, old)] == [True, True]
    read = [
        x509.load_pem_x509_certificate(seen.facts["certificates"][0].encode())
        for seen in (weak, old)
    ]
    assert read[0].public_key().key_size == 1024  # type: ignore[union-attr]
    assert read[1].signature_hash_algorithm.name == "sha1"  # type: ignore[union-attr]


@pytest.mark.parametrize("names", [["mail.agency.test"], [], ["*.test"], ["*.www.agency.test"]])
def test_a_certificate_for_others_is_trusted_and_still_not_for_this_name(
    root: Authority, ca_file: str, names: list[str]
) -> None:
    seen = look_at_certificate(root.issue(*names), ca_file)

    assert (seen.facts["trusted"], seen.facts["name_matches"]) == (True, False)


@old_protocols
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1"])
def test_a_server_of_old_protocols_alone_is_looked_at_all_the_same(
    root: Authority, ca_file: str, version: str
) -> None:
    only = {"TLSv1": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1}[version]
    context = zoo.context_of(root.issue(HOST), least=only, most=only)
    seen = look_at(zoo.https(context), ca_file=ca_file)

    assert (seen.facts["tls"]["version"], seen.facts["trusted"]) == (version, True)
    assert seen.facts["forced"] == {"TLSv1.2": "refused", "TLSv1.3": "refused"}
    other = {"TLSv1": "TLSv1.1", "TLSv1.1": "TLSv1"}[version]
    assert seen.facts["old"] == {version: "accepted", other: "refused", "SSLv3": "untested"}


@old_protocols
def test_a_server_that_takes_everything_is_caught_with_the_old(
    root: Authority, ca_file: str
) -> None:
    context = zoo.context_of(root.issue(HOST), least=ssl.TLSVersion.TLSv1)
    seen = look_at(zoo.https(context), ca_file=ca_file)

    assert seen.facts["tls"]["version"] == "TLSv1.3"
    assert seen.facts["old"] == {"TLSv1": "accepted", "TLSv1.1": "accepted", "SSLv3": "untested"}


def test_a_version_that_this_machine_cannot_speak_is_untested(
    root: Authority, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tls._ONLY, "TLSv1", None)

    assert look_at_certificate(root.issue(HOST), ca_file).facts["old"]["TLSv1"] == "untested"


def test_a_version_to_which_the_server_is_silent_is_untested(root: Authority, ca_file: str) -> None:
    context, met = zoo.context_of(root.issue(HOST)), []

    def only_the_first(talk: zoo.Talk) -> None:
        met.append(1)
        zoo.https(context)(talk) if len(met) == 1 else zoo.silence(talk)

    seen = look_at(only_the_first, ca_file=ca_file, probe_seconds=0.5)

    assert seen.facts["forced"] == {"TLSv1.2": "untested", "TLSv1.3": "accepted"}
    assert set(seen.facts["old"].values()) == {"untested"}


@pytest.mark.parametrize(
    ("cage", "status", "error"),
    [
        (zoo.garbage, Status.BROKEN, "not_tls"),
        (zoo.alert, Status.BROKEN, "tls_failed"),
        (zoo.hang_up, Status.BROKEN, "closed"),
        (zoo.silence, Status.SILENT, "timeout"),
        (zoo.half_a_record, Status.SILENT, "timeout"),
        (zoo.smtp(), Status.BROKEN, "not_tls"),
    ],
)
def test_what_is_no_tls_is_said_to_be_none(cage: zoo.Cage, status: Status, error: str) -> None:
    seen = look_at(cage, probe_seconds=1)

    assert (seen.status, seen.error, seen.facts["tls_error"]) == (status, error, error)
    assert seen.facts["tls"] is None
    assert {*seen.facts["old"].values(), *seen.facts["forced"].values()} == {"untested"}


def test_a_list_of_authorities_that_cannot_be_read_is_our_fault(root: Authority) -> None:
    seen = look_at_certificate(root.issue(HOST), "/nowhere/ca.pem")

    assert (seen.status, seen.error) == (Status.UNABLE, "ours")


def test_without_any_authority_nobody_is_called_untrusted(
    root: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nothing.check_hostname = False
    monkeypatch.setattr(tls, "_verifying", lambda ca_file: (nothing, False))
    seen = look_at_certificate(root.issue(HOST), "")

    assert (seen.facts["trusted"], seen.facts["trust_error"]) == (None, "absent")
    assert seen.facts["certificates"]


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x00", b"\x30\x03abc", bytes(range(256)), b"\x30\x82\xff\xff" + b"a" * 2000],
)
def test_a_certificate_of_garbage_is_a_failed_handshake(octets: bytes) -> None:
    seen = look_at(zoo.with_a_certificate(octets))

    assert (seen.status, seen.error) == (Status.BROKEN, "tls_failed")


def test_a_chain_without_an_end_is_a_failed_handshake_or_cut(root: Authority, ca_file: str) -> None:
    good = root.issue(HOST)
    many = look_at_certificate(
        Identity(good.certificate, good.key, (root.certificate,) * 60), ca_file
    )
    too_many = look_at_certificate(
        Identity(good.certificate, good.key, (root.certificate,) * 300), ca_file
    )

    assert (many.status, len(many.facts["certificates"])) == (Status.ANSWERED, 10)
    assert (too_many.status, too_many.error) == (Status.BROKEN, "tls_failed")


def test_a_certificate_of_absurd_dates_is_shown(ca_file: str, root: Authority) -> None:
    far = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC) - dt.datetime.now(dt.UTC)
    seen = look_at_certificate(root.issue(HOST, ends=far), ca_file)

    assert (seen.facts["trusted"], len(seen.facts["certificates"])) == (True, 1)


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        ("www.agency.test", "www.agency.test", True),
        ("WWW.Agency.Test", "www.agency.test", True),
        ("www.agency.test", "WWW.AGENCY.TEST.", True),
        ("*.agency.test", "www.agency.test", True),
        ("*.agency.test", "agency.test", False),
        ("*.agency.test", "a.www.agency.test", False),
        ("w*.agency.test", "www.agency.test", False),
        ("www.*.test", "www.agency.test", False),
        ("*.test", "agency.test", False),
        ("*", "agency.test", False),
        ("*.xn--12c1c.test", "www.xn--12c1c.test", True),
        ("agency.test\0.evil.test", "agency.test", False),
        ("agency.test", "agency.test.evil.test", False),
        ("", "agency.test", False),
    ],
)
def test_names_are_compared_as_rfc_9525_says(name: str, host: str, fits: bool) -> None:
    certificate = certificates.self_signed(name or " ").certificate

    assert tls.is_for(certificate.public_bytes(Encoding.DER), host) is fits


GOOD = certificates.self_signed(HOST).certificate.public_bytes(Encoding.DER)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
@pytest.mark.filterwarnings("ignore")
def test_a_spoiled_certificate_never_raises(place: int, octets: bytes) -> None:
    spoiled = GOOD[:place] + octets + GOOD[place + len(octets) :]

    assert tls.is_for(spoiled, "www.other.test") is False
