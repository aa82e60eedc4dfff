"""A test letter by the real door: LMTP from a socket, kept sealed, read by a worker, gone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Agency, CheckedDomain
from accounts.readiness.letters import address_of, ask_signed
from govmail_portal import embedded
from mailbox.models import Arrival
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests import processes
from tests.cast import Cast
from tests.mailbox.door import Lmtpd, running
from tests.mailbox.outbound.domains.resolvers import Resolver
from tests.mailbox.readiness.letters import fresh, letter, publish, signed, worked
from tests.smoke import canary

pytestmark = pytest.mark.django_db(transaction=True)

WORD = "hoopoebandoneonmeadow"


@pytest.fixture
def lmtpd(key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Iterator[Lmtpd]:
    with running(key_set["lmtp"], tmp_path, READINESS_ADDRESS="readiness@mail.example") as lmtpd:
        yield lmtpd


def readable(*folders: Path) -> set[str]:
    url = processes.environment()["DATABASE_URL"]
    dump = canary.dump_database(embedded.postgres_program("pg_dump"), url)
    found = canary.search_bytes(dump, [WORD])
    found |= canary.search_bytes(canary.dump_redis(os.environ["REDIS_URL"]), [WORD])
    return found.union(*(canary.search_tree(each, [WORD]) for each in folders))


def test_a_test_letter_comes_by_lmtp_and_nothing_of_it_stays(
    cast: Cast,
    domain: CheckedDomain,
    resolver: Resolver,
    lmtpd: Lmtpd,
    key_set: dict[Role, StoredKeyring],
    now: datetime,
) -> None:
    # Before an agency is open, and while it is suspended: that is what these letters are for.
    Agency.objects.update(state=Agency.State.NOT_READY)
    publish(resolver)
    test = ask_signed(domain, by=cast.hana, now=now)
    raw = signed(letter(f"{WORD} <{WORD}@transport.example>", body=f"{WORD} " * 10_000))
    caller = lmtpd.call()
    caller.hello()
    said = caller.deliver(raw, "readiness+0@mail.example", address_of(test).upper())
    assert [each[:3] for each in said] == ["250"]
    assert Arrival.objects.get().test_letter == test.pk
    content = Path(settings.STORAGES["content"]["OPTIONS"]["location"])
    assert not readable(content)
    # The door's own keys open nothing; the worker's do, and then it is gone.
    worked(key_set["lmtp"])
    assert fresh(test).closed_at is None
    Arrival.objects.update(due_at=now)
    worked(key_set["worker"])
    assert fresh(test).facts["aligned"] and not Arrival.objects.exists()
    assert not readable(content)
    over = caller.say("MAIL FROM:<a@transport.example>", f"RCPT TO:<{address_of(test)}>")
    assert over[1].startswith("550 5.1.1")
    caller.close()
