from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import CheckedDomain, TestLetter
from accounts.readiness import letters
from accounts.readiness.letters import ask_signed
from mailbox import tasks
from mailbox.inbound.recipients import Refusal
from mailbox.mime.trust.signatures.findings import Signature
from mailbox.models import Arrival
from mailbox.outbound.domains import signing
from mailbox.readiness.signed import _of_child as judge_of_child
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.domains.keys import ED25519, RSA, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver
from tests.mailbox.readiness.letters import (
    SELECTOR,
    bring,
    fresh,
    key_of,
    letter,
    publish,
    signed,
    worked,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def test(cast: Cast, domain: CheckedDomain, now: datetime) -> TestLetter:
    return ask_signed(domain, by=cast.hana, now=now)


@pytest.fixture
def worker(key_set: dict[Role, StoredKeyring]) -> StoredKeyring:
    return key_set["worker"]


def facts(raw: bytes, test: TestLetter, now: datetime, worker: StoredKeyring) -> dict[str, Any]:
    assert bring(raw, test, now) is None
    worked(worker)
    assert not Arrival.objects.exists()
    return fresh(test).facts


def results(found: dict[str, Any]) -> list[str]:
    return [each["result"] for each in found["signatures"]]


def test_a_letter_signed_by_its_own_domain_proves_it(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    publish(resolver)
    found = facts(signed(letter()), test, now, worker)
    one = {"d": "transport.example", "s": SELECTOR, "result": "pass"}
    assert found == {
        "from_domain": "transport.example",
        "signatures": [one | {"algorithm": "rsa-sha256", "bits": 2048}],
        "more": 0,
        "aligned": True,
        "alignment": "strict",
        "arrived_at": now.isoformat(),
    }
    over = fresh(test)
    assert over.answered_at == over.closed_at == now


def test_our_own_signatures_are_good_in_both_algorithms(
    cast: Cast, test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    in_use(cast.transport, ED25519, resolver, now)
    with using(worker):
        raw = signing.signed(letter(), "transport.example", signed_at=now)
    found = facts(raw, test, now, worker)
    assert results(found) == ["pass", "pass"] and found["aligned"]
    assert [each["algorithm"] for each in found["signatures"]] == ["rsa-sha256", "ed25519-sha256"]


def test_a_signature_of_a_domain_of_the_same_organisation_is_relaxed_proof(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    publish(resolver, "mail.transport.example")
    found = facts(signed(letter(), "mail.transport.example"), test, now, worker)
    assert (found["aligned"], found["alignment"]) == (True, "relaxed")


@pytest.mark.parametrize(
    ("raw", "result"),
    [
        (signed(letter()).replace(b"canary body", b"another body"), "fail"),
        (signed(letter()).replace(b"canary subject", b"another subject"), "fail"),
        # l= leaves the end open: whatever is added behind it would be signed, too.
        (signed(letter(), length=True), "partial"),
        (signed(letter(), length=True) + b"added later\r\n", "partial"),
        (signed(letter(), bits=1024).replace(b"a=rsa-sha256", b"a=rsa-sha1", 1), "fail"),
        (b"DKIM-Signature: v=1; a=rsa-sha256\r\n" + letter(), "bad"),
        (b"DKIM-Signature: v=1; d=transport.example; s=k1; h=; b=; bh=\r\n" + letter(), "bad"),
    ],
    ids=["body", "subject", "length", "appended", "sha1", "no-name", "no-headers"],
)
def test_a_signature_that_does_not_hold_proves_nothing(
    test: TestLetter,
    resolver: Resolver,
    now: datetime,
    worker: StoredKeyring,
    raw: bytes,
    result: str,
) -> None:
    publish(resolver)
    found = facts(raw, test, now, worker)
    assert (results(found), found["aligned"]) == ([result], False)


@pytest.mark.parametrize(
    ("records", "result"),
    [
        (["something else"], "no_key"),
        (["v=DKIM1; k=rsa; p="], "revoked"),
        ([key_of()[1], key_of()[1] + ";"], "several"),
        ([f"{key_of()[1]}; t=y"], "testing"),
        (["v=DKIM1; k=rsa; p=AAAA"], "fail"),
    ],
    ids=["other", "revoked", "several", "testing", "nonsense"],
)
def test_a_key_that_is_none_proves_nothing(
    test: TestLetter,
    resolver: Resolver,
    now: datetime,
    worker: StoredKeyring,
    records: list[str],
    result: str,
) -> None:
    resolver.records[f"{SELECTOR}._domainkey.transport.example"] = records
    assert results(facts(signed(letter()), test, now, worker)) == [result]


def test_a_key_that_is_not_in_dns_proves_nothing(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    assert results(facts(signed(letter()), test, now, worker)) == ["no_key"]


def test_a_signature_of_another_organisation_proves_nothing(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    publish(resolver, "mailer.example")
    found = facts(signed(letter(), "mailer.example"), test, now, worker)
    assert (results(found), found["aligned"], found["alignment"]) == (["pass"], False, "")


def test_a_letter_from_another_domain_is_told_so_though_it_is_signed(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    publish(resolver, "gmail.example")
    found = facts(signed(letter("somchai@gmail.example"), "gmail.example"), test, now, worker)
    assert (found["from_domain"], found["aligned"]) == ("gmail.example", False)


@pytest.mark.parametrize(
    "raw",
    [
        signed(letter("a@evil.example, b@transport.example")),
        b"From: boss@transport.example\r\n" + signed(letter("a@evil.example")),
        signed(letter("a@evil.example")).replace(b"From: a@", b"From : a@", 1),
    ],
    ids=["two-in-one", "two-fields", "blank-before-colon"],
)
def test_a_letter_without_one_plain_author_proves_nothing(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring, raw: bytes
) -> None:
    publish(resolver)
    assert facts(raw, test, now, worker)["aligned"] is False


def test_a_signature_that_leaves_out_the_author_proves_nothing(
    cast: Cast,
    test: TestLetter,
    resolver: Resolver,
    now: datetime,
    worker: StoredKeyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    monkeypatch.setattr("mailbox.smtp.dkim.OVERSIGNED", ("subject",))
    with using(worker):
        raw = signing.signed(letter(), "transport.example", signed_at=now)
    found = facts(raw, test, now, worker)
    assert (results(found), found["aligned"]) == (["not_from"], False)


def test_of_many_signatures_ours_is_found_and_few_are_looked_up(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    publish(resolver)
    raw = signed(letter())
    for number in range(200):
        victim = f"v=1; a=rsa-sha256; d=v{number}.victim.example; s=x; h=from; bh=AAAA; b=AAAA"
        raw = b"DKIM-Signature: " + victim.encode() + b"\r\n" + raw
    found = facts(raw, test, now, worker)
    assert found["aligned"] and found["more"] == 193
    assert len([name for name in resolver.asked if "victim" in name]) <= 7 * 2


def test_a_name_that_is_none_is_not_looked_up(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    claim = b"v=1; a=rsa-sha256; d=tran sport.example/../@; s=\x00*; h=from; bh=AAAA; b=AAAA"
    found = facts(b"DKIM-Signature: " + claim + b"\r\n" + letter(), test, now, worker)
    assert results(found) == ["bad"] and not any("sport" in name for name in resolver.asked)


def test_a_resolver_of_ours_that_is_away_keeps_the_letter_waiting(
    test: TestLetter,
    resolver: Resolver,
    now: datetime,
    worker: StoredKeyring,
    settings: Any,
) -> None:
    publish(resolver)
    settings.READINESS_RESOLVERS = ["127.0.0.1:9"]
    assert bring(signed(letter()), test, now) is None
    worked(worker)
    arrival = Arrival.objects.get()
    assert arrival.due_at is not None and arrival.due_at > now and arrival.attempts == 0
    assert fresh(test).closed_at is None
    settings.READINESS_RESOLVERS = [resolver.address]
    Arrival.objects.update(due_at=now)
    worked(worker)
    assert fresh(test).facts["aligned"]


def test_their_dns_is_asked_again_before_its_silence_counts(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    publish(resolver)
    resolver.is_away = True
    assert bring(signed(letter()), test, now) is None
    for _attempt in range(3):
        assert fresh(test).closed_at is None
        Arrival.objects.update(due_at=now)
        worked(worker)
    assert results(fresh(test).facts) == ["silent"] and not Arrival.objects.exists()


def test_a_letter_that_breaks_its_reader_ends_as_unreadable_and_is_kept_nowhere(
    test: TestLetter,
    now: datetime,
    worker: StoredKeyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("canary")

    monkeypatch.setattr("mailbox.readiness.signed.facts_of", broken)
    assert bring(letter(), test, now) is None
    for _attempt in range(3):
        Arrival.objects.update(due_at=now)
        worked(worker)
    assert fresh(test).facts["unreadable"] and not Arrival.objects.exists()


def test_one_poison_letter_never_holds_up_others(
    cast: Cast,
    domain: CheckedDomain,
    test: TestLetter,
    resolver: Resolver,
    now: datetime,
    worker: StoredKeyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(resolver)
    other = TestLetter.objects.create(domain=domain, kind="signed", made_at=now)
    true = letters.came

    def sometimes(held: TestLetter, *rest: Any, **more: Any) -> None:
        if held.pk == test.pk:
            raise RuntimeError
        true(held, *rest, **more)

    monkeypatch.setattr("accounts.readiness.letters.came", sometimes)
    for each in (test, other):
        assert bring(signed(letter()), each, now) is None
    worked(worker)
    assert fresh(other).facts["aligned"] and fresh(test).closed_at is None
    assert Arrival.objects.get().test_letter == test.pk


def test_only_one_letter_is_taken_and_the_address_is_then_closed(
    test: TestLetter, resolver: Resolver, now: datetime, worker: StoredKeyring
) -> None:
    publish(resolver)
    for raw in (signed(letter()), letter("a@evil.example")):
        assert bring(raw, test, now) is None
    worked(worker)
    assert fresh(test).facts["aligned"] and not Arrival.objects.exists()
    assert bring(letter(), test, now) == Refusal.NO_TEST


def test_an_address_nobody_was_given_or_whose_week_is_over_is_refused(
    test: TestLetter, now: datetime
) -> None:
    stranger = TestLetter(domain=test.domain, kind="signed", token="0" * 40)
    assert bring(letter(), stranger, now) == Refusal.NO_TEST
    assert bring(letter(), test, now + timedelta(days=8)) == Refusal.NO_TEST
    letters.close_overdue(now + timedelta(days=8))
    assert fresh(test).closed_at is not None and fresh(test).answered_at is None


def test_a_letter_larger_than_any_test_needs_is_refused(test: TestLetter, now: datetime) -> None:
    assert bring(letter(body="x" * 1_100_000), test, now) == Refusal.TEST_TOO_LARGE
    assert not Arrival.objects.exists()


def test_nothing_of_a_test_letter_is_kept_or_logged(
    test: TestLetter,
    resolver: Resolver,
    now: datetime,
    worker: StoredKeyring,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    publish(resolver)
    found = facts(signed(letter()), test, now, worker)
    assert "canary" not in f"{found}{caplog.text}" and "saraban@" not in f"{found}{caplog.text}"


def test_who_files_mail_leaves_test_letters_to_their_own_task(
    test: TestLetter,
    now: datetime,
    worker: StoredKeyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[Arrival] = []
    monkeypatch.setattr(tasks, "read_test_letter_later", rung.append)
    assert bring(letter(), test, now) is None
    with using(worker):
        tasks.file_arrivals([str(pk) for pk in Arrival.objects.values_list("pk", flat=True)])
    assert [each.test_letter for each in rung] == [test.pk] and fresh(test).closed_at is None


def test_a_verdict_on_another_author_than_the_one_we_read_proves_nothing() -> None:
    one = Signature(0, "transport.example", SELECTOR, "rsa-sha256")
    said = {"result": "pass", "bits": 2048, "author": "boss@transport.example"}
    judged = [
        judge_of_child(one, said, author).result
        for author in ("boss@transport.example", "other@transport.example", "")
    ]
    assert judged == ["pass", "not_from", "not_from"]
