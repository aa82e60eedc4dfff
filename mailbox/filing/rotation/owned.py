"""Everything that is sealed to a mailbox's pair, or under its own key: what a new pair must open.

`tests/mailbox/filing/test_pairs.py` compares this list with the tables: what is sealed and not
named here would be lost with the old private key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BinaryField, Model, Q, QuerySet, Value
from django.db.models.functions import Substr

from mailbox.errors import SealBroken
from mailbox.models import (
    Contact,
    ContactGroup,
    Delivery,
    Draft,
    FilterRule,
    ForwardPermission,
    Label,
    LetterTemplate,
    Message,
    RecentSearch,
    SearchIndex,
    SenderChoice,
    Signature,
    Submission,
    Vacation,
)
from mailbox.sealing import hpke, infos
from mailbox.sealing.records import open_bytes, own_key, seal_bytes

_WRITE = """
UPDATE {table} AS old SET {column} = new.sealed
FROM unnest(%s::{type}[], %s::bytea[]) AS new (id, sealed)
WHERE old.id = new.id{within}
"""


@dataclass(frozen=True)
class Pair:
    """The private halves before and since, and the public half since."""

    old: bytes
    new: bytes
    public: bytes


@dataclass(frozen=True)
class Owned:
    """One column. unseal(sealed, private key, row), seal(plaintext, pair, row).

    order: by which its rows are walked, by an index where there may be many.
    """

    label: str
    model: type[Model]
    column: str
    unseal: Callable[[bytes, bytes, Any], bytes]
    seal: Callable[[bytes, Pair, Any], bytes]
    whose: str = "mailbox"
    order: tuple[str, ...] = ("id",)
    only: Q = Q()

    def rows(self, mailbox: UUID, after: Sequence[str] = ()) -> QuerySet[Any]:
        """The mailbox's rows in order, after a cursor (as `cursor` gives it)."""
        rows = self.model._default_manager.filter(self.only, **{self.whose: mailbox})
        if self.model is Delivery:
            first = Substr("sealed_reply", 1, 1, output_field=BinaryField())
            rows = rows.alias(first=first).filter(first=Value(infos.REPLY_FOR_OWNER))
        if after:
            rows = rows.filter(_beyond(self.order, after))
        return rows.order_by(*self.order)

    def cursor(self, row: Any) -> list[str]:
        """Where a row stands in the order, as JSON can keep it."""
        values = (getattr(row, name.lstrip("-")) for name in self.order)
        return [one.isoformat() if hasattr(one, "isoformat") else str(one) for one in values]

    def opens(self, row: Any, private_key: bytes) -> bytes | None:
        """What a private key opens; None where it does not."""
        try:
            return self.unseal(bytes(getattr(row, self.column)), private_key, row)
        except SealBroken:
            return None

    def write(self, mailbox: UUID, sealed: dict[Any, bytes]) -> None:
        """Write this column of rows that are locked, by id."""
        table, kind = self.model._meta.db_table, self.model._meta.get_field("id")
        type_ = "uuid" if kind.get_internal_type() == "UUIDField" else "bigint"
        within = " AND old.mailbox_id = %s" if self.whose == "mailbox" else ""
        text = _WRITE.format(table=table, column=self.column, type=type_, within=within)
        values: list[Any] = [list(sealed), list(sealed.values())]
        with connection.cursor() as cursor:
            cursor.execute(text, [*values, mailbox] if within else values)


def _beyond(order: tuple[str, ...], after: Sequence[str]) -> Q:
    """Rows after a cursor; the first column alone narrows the index."""
    side = "lt" if order[0].startswith("-") else "gt"
    names = [name.lstrip("-") for name in order]
    if len(names) == 1:
        return Q(**{f"{names[0]}__{side}": after[0]})
    same = Q(**{names[0]: after[0], f"{names[1]}__{side}": after[1]})
    beyond: Q = Q(**{f"{names[0]}__{side}": after[0]}) | same
    return beyond & Q(**{f"{names[0]}__{side}e": after[0]})


# --- Sealed to the public half ---------------------------------------------


def _to_pair(
    label: str, model: type[Model], column: str, info: Callable[[Any], bytes], **more: Any
) -> Owned:
    def unseal(sealed: bytes, private_key: bytes, row: Any) -> bytes:
        return hpke.unseal(sealed, private_key, info=info(row))

    def seal(plaintext: bytes, pair: Pair, row: Any) -> bytes:
        return hpke.seal(plaintext, pair.public, info=info(row))

    return Owned(label, model, column, unseal, seal, **more)


def _reply_info(row: Delivery) -> bytes:
    return infos.for_reply(row.submission.mailbox_id, row.id)


def _unseal_reply(sealed: bytes, private_key: bytes, row: Delivery) -> bytes:
    return hpke.unseal(sealed[1:], private_key, info=_reply_info(row))


def _seal_reply(plaintext: bytes, pair: Pair, row: Delivery) -> bytes:
    return infos.REPLY_FOR_OWNER + hpke.seal(plaintext, pair.public, info=_reply_info(row))


# --- Under the key made from the private half ------------------------------


def _own(label: str, model: type[Model], column: str, purpose: str, **more: Any) -> Owned:
    def binding(row: Any) -> str:
        return str(row.mailbox_id if model is Vacation else row.id)

    def unseal(sealed: bytes, private_key: bytes, row: Any) -> bytes:
        key = own_key(bytes(private_key))
        return open_bytes(sealed, key, purpose=purpose, binding=binding(row))

    def seal(plaintext: bytes, pair: Pair, row: Any) -> bytes:
        return seal_bytes(plaintext, own_key(pair.new), purpose=purpose, binding=binding(row))

    return Owned(label, model, column, unseal, seal, **more)


_BY_DATE = ("-received_at", "-id")
_REPLIED = Q(sealed_reply__isnull=False)
_WRITTEN = ~Q(sealed_for_owner=b"")

OWNED: tuple[Owned, ...] = (
    _to_pair(
        "messages",
        Message,
        "sealed_key",
        lambda row: infos.for_content(row.mailbox_id, row.content_id),
        order=_BY_DATE,
    ),
    _to_pair("drafts", Draft, "sealed_key", lambda row: infos.for_draft(row.mailbox_id, row.id)),
    _to_pair(
        "submissions",
        Submission,
        "sealed_key_for_owner",
        lambda row: infos.for_submission(row.mailbox_id, row.id),
        order=("-created_at", "-id"),
    ),
    Owned(
        "replies",
        Delivery,
        "sealed_reply",
        _unseal_reply,
        _seal_reply,
        whose="submission__mailbox",
        only=_REPLIED,
    ),
    _to_pair(
        "leaves",
        ForwardPermission,
        "sealed_for_owner",
        lambda row: infos.for_forwarding(row.mailbox_id, row.starts_at),
    ),
    _own("contacts", Contact, "sealed_card", "contact"),
    _own("groups", ContactGroup, "sealed_name", "contact-group"),
    _own("labels", Label, "sealed_name", "label"),
    _own("signatures", Signature, "sealed_body", "signature"),
    _own("templates", LetterTemplate, "sealed_body", "template"),
    _own("searches", RecentSearch, "sealed_query", "recent-search"),
    _own("choices", SenderChoice, "sealed_name", "sender-choice"),
    _own("rules", FilterRule, "sealed_for_owner", "filter-rule"),
    _own("absences", Vacation, "sealed_for_owner", "vacation", only=_WRITTEN),
    _own("indexes", SearchIndex, "sealed_key", "search-index"),
)
