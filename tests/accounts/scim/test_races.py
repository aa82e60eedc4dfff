from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Account, Agency, ScimResource
from tests.accounts.scim.clients import Idm, patch, token_of, user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def idm(transactional_db: None) -> Idm:
    agency = Agency.objects.create(name_th="กรมแข่งขัน", state=Agency.State.LIVE)
    officer = Account.objects.create(address="officer@race.example", agency=agency)
    return Idm(token_of(agency, officer))


def at_once(*asks: Callable[[], Any]) -> list[int]:
    """Ask from a thread each, with a connection each; returns the statuses in order."""

    def ask(one: Callable[[], Any]) -> int:
        try:
            return int(one().status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(asks)) as pool:
        return sorted(pool.map(ask, asks))


def test_of_several_changes_at_once_with_one_etag_only_one_is_made(idm: Idm) -> None:
    made = idm.make("a")
    path, etag = f"/Users/{made['id']}", made["meta"]["version"]
    asks = [
        lambda title=title: Idm(idm.token).ask(
            "PATCH",
            path,
            patch({"op": "replace", "path": "title", "value": title}),
            if_match=etag,
        )
        for title in ("นิติกร", "วิศวกร", "แพทย์")
    ]
    # All three have begun before the first may go on.
    with ThreadPoolExecutor(1) as beside, transaction.atomic():
        ScimResource.objects.select_for_update().get()
        running = beside.submit(at_once, *asks)
        until = monotonic() + 30
        while _waiting() < len(asks) and not running.done():
            assert monotonic() < until, "They never met at the row."
    assert running.result() == [204, 412, 412]
    assert ScimResource.objects.get().version == 2


def test_of_two_users_of_one_name_at_once_one_is_refused(idm: Idm) -> None:
    asks = [lambda: Idm(idm.token).ask("POST", "/Users", user("same"))] * 2
    assert at_once(*asks) == [201, 409]
    assert ScimResource.objects.count() == 1


# In this database: who waits for a row's owner waits for a transaction, which is in none itself.
_WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database()
)
"""


def _waiting() -> int:
    # Not pg_stat_activity: within a transaction it stays what it was at the first look.
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return int(cursor.fetchone()[0])
