from __future__ import annotations

import io
from datetime import date

import pytest
import zstandard

from accounts.models import Agency, CheckedDomain, ScanRun
from accounts.readiness import evidence, profiles
from accounts.readiness.checks import judge
from accounts.readiness.evidence import MOST_BYTES, EvidenceDamaged, pack, unpack
from tests.accounts.readiness.evidences import NOON, good_evidence, good_subject, observed, rules


def _run(**changes: object) -> ScanRun:
    """A finished run over the good domain."""
    agency = Agency.objects.create(name_th="กรมตัวอย่าง", name_en="Example")
    domain = CheckedDomain.objects.create(agency=agency, name="agency.go.th", added_at=NOON)
    packed, digest = pack(good_evidence())
    known: dict[str, object] = {
        "domain": domain,
        "profile": profiles.in_force(date(2026, 11, 23)),
        "trigger": ScanRun.Trigger.COMMAND,
        "requested_at": NOON,
        "finished_at": NOON,
        "stage": ScanRun.Stage.DONE,
        "subject": good_subject().to_json(),
        "evidence": packed,
        "digest": digest,
    }
    run = ScanRun.objects.create(**(known | changes))
    return ScanRun.objects.get(pk=run.pk)


@pytest.mark.django_db
def test_a_replay_gives_the_same_verdicts() -> None:
    first = judge(rules(), good_subject(), good_evidence(), now=NOON)
    again = evidence.replay(_run())
    assert again == first
    assert len(again) == 24


@pytest.mark.django_db
def test_a_replay_refuses_evidence_that_is_not_what_was_cited() -> None:
    other, _digest = pack(good_evidence())
    with pytest.raises(EvidenceDamaged, match="cited"):
        evidence.replay(_run(digest="0" * 64, evidence=other))


@pytest.mark.django_db
def test_a_replay_refuses_a_run_whose_evidence_was_taken_away() -> None:
    with pytest.raises(EvidenceDamaged):
        evidence.replay(_run(evidence=b""))


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"finished_at": None}, {"subject": {"name": "x"}}])
def test_a_replay_refuses_a_run_that_does_not_say_enough(changes: dict[str, object]) -> None:
    with pytest.raises(EvidenceDamaged):
        evidence.replay(_run(**changes))


def test_what_is_packed_is_unpacked_the_same() -> None:
    packed, digest = pack(good_evidence())
    assert list(unpack(packed, digest=digest)) == list(good_evidence())


def test_the_same_evidence_has_the_same_digest() -> None:
    assert pack(good_evidence()) == pack(good_evidence())
    changed = good_evidence()
    changed.add([observed("route", "control", said="more")])
    assert pack(changed)[1] != pack(good_evidence())[1]


def test_texts_that_have_no_utf_8_survive() -> None:
    seen = good_evidence()
    seen.add([observed("http", "x", body="half \udc80 and \x00")])
    packed, digest = pack(seen)
    assert unpack(packed, digest=digest).get("http", "x") == seen.get("http", "x")


def test_nothing_was_asked_and_nothing_is_there() -> None:
    assert len(unpack(b"")) == 0


def test_a_bomb_in_our_own_row_is_refused() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(b" " * (MOST_BYTES + 1))
    assert len(bomb) < 10_000
    with pytest.raises(EvidenceDamaged, match="larger"):
        unpack(bomb)


def test_a_bomb_that_does_not_tell_its_size_is_refused() -> None:
    out = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
        for _ in range(MOST_BYTES // (1 << 20) + 1):
            writer.write(bytes(1 << 20))
    with pytest.raises(EvidenceDamaged, match="larger"):
        unpack(out.getvalue())


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{}", b'{"observations":[{}]}', b'{"observations":[7]}', b"[" * 100_000, b"\xff"],
)
def test_what_is_no_evidence_is_refused(text: bytes) -> None:
    with pytest.raises(EvidenceDamaged):
        unpack(zstandard.ZstdCompressor().compress(text))


def test_what_is_not_even_packed_is_refused() -> None:
    with pytest.raises(EvidenceDamaged):
        unpack(b"nothing of zstd")
