"""Taking a key out that nothing uses any more, without a process that seals with it still.

The order: the tables are told first, and from then on refuse what comes under the key; then
whoever was writing is waited for; then it is looked whether anything is under it. Only then
does the caller take it out of the files. Where something is, the tables are told again that
all is well (ADR 0022).
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError
from mailbox.filing.rotation.users import TABLES, USERS
from mailbox.models import RetiredKey
from mailbox.sealing.key_files import Rotated

_TRIES, _PAUSE = 600, 0.1
_WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation = ANY(SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
"""


class KeyInUse(PortalError):
    message = _("Something is still sealed with this key.")
    status = 409


def uses(name: Rotated) -> Counter[tuple[str, str]]:
    """Count the rows under each key of one name: {(kind, key id): rows}."""
    counts: Counter[tuple[str, str]] = Counter()
    for kind, count in USERS[name].items():
        counts.update({(kind, key_id): rows for key_id, rows in count().items()})
    return counts


def check_unused(name: Rotated, key_id: str) -> None:
    """Raise KeyInUse, saying what and how much, if anything is under this key."""
    still = {kind: rows for (kind, used), rows in uses(name).items() if used == key_id}
    if still:
        listed = ", ".join(f"{rows} {kind}" for kind, rows in sorted(still.items()))
        raise KeyInUse(_("Still sealed with %(key)s: %(what)s.") % {"key": key_id, "what": listed})


def retire(name: Rotated, key_id: str, *, now: datetime) -> None:
    """Have the tables refuse this key for ever; KeyInUse, and nothing changed, if it is used.

    When it returns, nothing is under the key and nothing can come under it.
    """
    check_unused(name, key_id)
    RetiredKey.objects.get_or_create(pk=key_id, defaults={"retired_at": now})
    try:
        _wait_for_writers(name)
        check_unused(name, key_id)
    except BaseException:
        RetiredKey.objects.filter(pk=key_id).delete()
        raise


def _wait_for_writers(name: Rotated) -> None:
    """Return when every transaction that writes to these tables now is over.

    Nobody waits for us. Who writes from now on meets the fence: a statement has its table
    before its trigger looks. KeyInUse after a minute.
    """
    writers = _writers(name)
    for _try in range(_TRIES):
        writers &= _writers(name)
        if not writers:
            return
        time.sleep(_PAUSE)
    raise KeyInUse(_("Something has been writing for a minute. Try again later."))


def _writers(name: Rotated) -> set[str]:
    """The transactions that have one of these tables for writing."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS, [TABLES[name]])
        return {writer for (writer,) in cursor.fetchall()}
