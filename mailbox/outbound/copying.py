"""Keeping two texts: what one window wrote beside what another has saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Account
from mailbox.models import Draft
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import LETTER_TYPE, attach, attach_letter, attach_picture, opened


@transaction.atomic
def keep_apart(draft: Draft, values: Mapping[str, Any], *, by: Account, now: datetime) -> Draft:
    """Begin a second draft with what was typed, and with copies of the first one's files.

    values: see `Body.typed`. The second draft answers and quotes what the first does;
    the first is left as it is. NotYours as for `drafting.begin`.
    """
    key = drafting.draft_key(draft)
    body = drafting.open_draft(draft, key).typed(values)
    copy = drafting.begin(draft.mailbox, body, by=by, now=now, answers=draft.answers)
    for file, data in opened(draft, key):
        if file.type == LETTER_TYPE:
            attach_letter(copy, name=file.name, raw=data)
        elif file.picture:
            attach_picture(copy, name=file.name, data=data, number=file.picture)
        else:
            attach(copy, name=file.name, type=file.type, data=data)
    return copy


@transaction.atomic
def put_on_top(
    draft: Draft, values: Mapping[str, Any], *, version: int, by: Account, now: datetime
) -> int:
    """Save on top of another window's text, which first becomes a draft of its own.

    As `drafting.save`, whose version is returned and whose errors are raised.
    """
    keep_apart(draft, {}, by=by, now=now)
    return drafting.save(draft, values, version=version, now=now)
