"""One page of a search: filtered, sorted and cut by the database, by index or by cursor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, F, QuerySet, TextField
from django.db.models.expressions import RawSQL
from scim2_models import InvalidCursorException, SearchRequest

from accounts.models import ScimResource
from accounts.scim.filtering import Sql, condition_of, joined, sort_key
from accounts.scim.schemas import model_of

_KIND = '"accounts_scimresource"."kind"'
_ID = '"accounts_scimresource"."id"'

Rows = QuerySet[ScimResource]


@dataclass
class Page:
    """Rows in order, how many there are in all, and where the neighbouring pages begin."""

    total: int
    rows: list[ScimResource] = field(default_factory=list)
    next: list[Any] | None = None
    previous: list[Any] | None = None


def page_of(rows: Rows, kinds: list[str], request: SearchRequest[Any], position: Any) -> Page:
    """Return the page a validated request asks for; position: of a neighbouring page, or None.

    A position is [direction, sort value, id] of the row a page starts after or ends before, so
    that rows made or deleted meanwhile neither repeat nor hide others (RFC 9865).
    """
    if request.filter is not None:
        rows = rows.filter(_raw(_where(kinds, request), BooleanField()))
    total = rows.count()
    if request.count == 0:
        return Page(total)
    key = _key(kinds, request)
    rows = rows.annotate(sort_value=_raw(key, TextField()))
    is_descending = (
        request.sort_by is not None and request.sort_order == SearchRequest.SortOrder.descending
    )
    if request.cursor is None:
        start = request.start_index_0 or 0
        ordered = _ordered(rows, is_descending)
        stop = None if request.count is None else start + request.count
        return Page(total, list(ordered[start:stop]))
    return _by_cursor(rows, key, request.count, is_descending, _read(position), total)


def _by_cursor(
    rows: Rows,
    key: Sql,
    count: int | None,
    is_descending: bool,
    anchor: tuple[str, str | None, str] | None,
    total: int,
) -> Page:
    backwards = anchor is not None and anchor[0] == "previous"
    if anchor is not None:
        beyond = _beyond(key, anchor, is_after=is_descending == backwards)
        rows = rows.filter(_raw(beyond, BooleanField()))
    # One more than asked for tells whether there is a page beyond.
    ordered = _ordered(rows, is_descending != backwards)
    found = list(ordered if count is None else ordered[: count + 1])
    has_more = count is not None and len(found) > count
    found = found[:count]
    if backwards:
        found.reverse()
    page = Page(total, found)
    if not found:
        return page
    has_next, has_previous = (True, has_more) if backwards else (has_more, anchor is not None)
    if has_next:
        page.next = _position("next", found[-1])
    if has_previous:
        page.previous = _position("previous", found[0])
    return page


def _where(kinds: list[str], request: SearchRequest[Any]) -> Sql:
    assert request.filter is not None
    terms = []
    for kind in kinds:
        inner = condition_of(request.filter, model_of(kind))
        terms.append(joined("AND", [Sql(f"{_KIND} = %s", (kind,)), inner]))
    return joined("OR", terms)


def _key(kinds: list[str], request: SearchRequest[Any]) -> Sql:
    """The sort value with the order of its characters, not of any language."""
    keys = [(kind, sort_key(request, model_of(kind))) for kind in kinds]
    if len(keys) == 1:
        return Sql(f'({keys[0][1].text}) COLLATE "C"', keys[0][1].params)
    cases = " ".join(f"WHEN %s THEN {key.text}" for _kind, key in keys)
    params = tuple(each for kind, key in keys for each in (kind, *key.params))
    return Sql(f'(CASE {_KIND} {cases} END) COLLATE "C"', params)


def _ordered(rows: Rows, is_descending: bool) -> Rows:
    """Without a value last when ascending, first when descending (RFC 7644, 3.4.2.3)."""
    if is_descending:
        return rows.order_by(F("sort_value").desc(nulls_first=True), "-id")
    return rows.order_by(F("sort_value").asc(nulls_last=True), "id")


def _beyond(key: Sql, anchor: tuple[str, str | None, str], *, is_after: bool) -> Sql:
    """Rows after (or before) the anchor in ascending order, the missing values last."""
    sign = ">" if is_after else "<"
    _direction, value, pk = anchor
    text = (
        f"(({key.text}) IS NULL, COALESCE(({key.text}), ''), {_ID})"
        f' {sign} (%s, %s COLLATE "C", %s::uuid)'
    )
    return Sql(text, (*key.params, *key.params, value is None, value or "", pk))


def _position(direction: str, row: ScimResource) -> list[Any]:
    return [direction, getattr(row, "sort_value"), str(row.pk)]  # noqa: B009  # annotated


def _read(position: Any) -> tuple[str, str | None, str] | None:
    if position is None:
        return None
    match position:
        case ["next" | "previous" as direction, str() | None as value, str() as pk]:
            return direction, value, pk
    raise InvalidCursorException


def _raw(sql: Sql, kind: Any) -> RawSQL:
    # Every value of a client is a parameter.
    return RawSQL(sql.text, sql.params, output_field=kind)  # noqa: S611
