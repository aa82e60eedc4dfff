"""Lists of the administration cut by a keyset: nothing is counted, nothing skipped (ADR 0025).

Django counts a list twice and skips what lies before a page. Here a page begins below the row
the page before ended with: the columns of the order and the key, in a cursor. Where the order
is that of an index, page a thousand costs what page one does.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import ModelAdmin, ShowFacets
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

if TYPE_CHECKING:
    AnyModelAdmin = ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
else:  # Django's classes are not generic at run time.
    AnyModelAdmin = ModelAdmin
    AnyPaginator = Paginator


@dataclass(frozen=True)
class Term:
    """One column of an order. path: as in a lookup; nullable: PostgreSQL takes NULL for largest."""

    path: str
    field: models.Field[Any, Any]
    descends: bool
    nullable: bool

    @property
    def ordering(self) -> str:
        return f"-{self.path}" if self.descends else self.path

    def turned(self) -> Term:
        return Term(self.path, self.field, not self.descends, self.nullable)

    def beyond(self, value: Any) -> Q | None:
        """What stands after a value in this order; None: nothing does."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if self.descends else None
        after = Q(**{f"{self.path}__{'lt' if self.descends else 'gt'}": value})
        if self.nullable and not self.descends:
            after |= Q(**{f"{self.path}__isnull": True})
        return after

    def at(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True} if value is None else {self.path: value})

    def value_of(self, row: Any) -> Any:
        for name in self.path.split(LOOKUP_SEP):
            row = getattr(row, name, None)
        return row


@dataclass(frozen=True)
class Cursor:
    """The row beside which a page begins, by its values in the order, and in which direction.

    It stands in addresses, which proxies log: names and addresses in it are sealed.
    """

    backwards: bool
    values: tuple[Any, ...]

    def __str__(self) -> str:
        plain = json.dumps([self.backwards, *self.values]).encode()
        return _seal().encrypt(plain).decode()

    @classmethod
    def read(cls, text: str, terms: Sequence[Term]) -> Cursor | None:
        """What `str()` gave for the same order; None for anything else."""
        try:
            backwards, *values = json.loads(_seal().decrypt(text.encode()))
            if len(values) != len(terms):
                return None
            pairs = zip(values, terms, strict=True)
            return cls(bool(backwards), tuple(term.field.to_python(one) for one, term in pairs))
        except (InvalidToken, ValueError, ValidationError):
            return None

    @classmethod
    def beside(cls, row: Any, terms: Sequence[Term], *, backwards: bool) -> Cursor:
        values = [(term.value_of(row), term.field) for term in terms]
        return cls(
            backwards,
            tuple(None if one is None else _written(one, field) for one, field in values),
        )


def _written(value: Any, field: models.Field[Any, Any]) -> Any:
    return value if isinstance(value, bool | int | str) else str(field.get_prep_value(value))


def _seal() -> Fernet:
    key = sha256(b"cursors of the administration" + settings.SECRET_KEY.encode()).digest()
    return Fernet(urlsafe_b64encode(key))


def beyond(terms: Sequence[Term], values: Sequence[Any]) -> Q:
    """The rows after these values: equal in the first columns, and after in the next."""
    found, equal = Q(pk__in=[]), Q()
    for term, value in zip(terms, values, strict=True):
        if (after := term.beyond(value)) is not None:
            found |= equal & after
        equal &= term.at(value)
    # Said once more by itself: only this narrows the index that serves the order.
    return found & _not_before(terms[0], values[0])


def _not_before(first: Term, value: Any) -> Q:
    if value is None:
        return Q() if first.descends else Q(**{f"{first.path}__isnull": True})
    if first.nullable and not first.descends:
        return Q()
    return Q(**{f"{first.path}__{'lte' if first.descends else 'gte'}": value})


class KeysetChangeList(ChangeList):
    """A list whose pages are joined by cursors; "first", "previous" and "next" lead through it."""

    terms: Sequence[Term]

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """The order asked for, if a column may sort; the key last, and nothing but columns."""
        asked = super().get_ordering(request, queryset)
        self.terms = _terms(self.lookup_opts.model, [str(name) for name in asked])
        return [term.ordering for term in self.terms]

    def get_ordering_field(self, field_name: Any) -> Any:
        # Django honours ?o= for every column; a list without an index behind it would be sorted.
        if ORDER_VAR in self.params and field_name not in (self.sortable_by or ()):
            return None
        return super().get_ordering_field(field_name)

    def get_results(self, request: HttpRequest) -> None:
        cursor = Cursor.read(request.GET.get(PAGE_VAR, ""), self.terms)
        found = self._beside(cursor)
        if cursor is not None and cursor.backwards and len(found) <= self.list_per_page:
            # Less than a page lies before: the first page is shown whole.
            cursor = None
            found = self._beside(None)
        is_back = cursor is not None and cursor.backwards
        has_more, found = len(found) > self.list_per_page, found[: self.list_per_page]
        self.has_earlier = has_more if is_back else cursor is not None
        self.has_later = is_back or has_more
        self.result_list = found[::-1] if is_back else found
        self._count_nothing(request)

    def _beside(self, cursor: Cursor | None) -> list[Any]:
        """A page's rows and one more, from the cursor on; backwards, the nearest first."""
        terms = self.terms
        if cursor is not None and cursor.backwards:
            terms = [term.turned() for term in terms]
        rows = self.queryset.order_by(*(term.ordering for term in terms))
        if cursor is not None:
            rows = rows.filter(beyond(terms, cursor.values))
        return list(rows[: self.list_per_page + 1])

    def _count_nothing(self, request: HttpRequest) -> None:
        """What Django's templates and actions ask of a list, as far as this page knows it."""
        self.result_count = len(self.result_list)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = False
        self.multi_page = self.has_earlier or self.has_later
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)

    @property
    def first_url(self) -> str:
        return self.get_query_string()

    @property
    def earlier_url(self) -> str:
        """Where the page before this begins; the first one, once nothing is left to show."""
        return self._url_beside(0, backwards=True)

    @property
    def later_url(self) -> str:
        return self._url_beside(-1, backwards=False)

    def _url_beside(self, index: int, *, backwards: bool) -> str:
        if not self.result_list:
            return self.first_url
        cursor = Cursor.beside(self.result_list[index], self.terms, backwards=backwards)
        return self.get_query_string({PAGE_VAR: str(cursor)})


def _terms(model: type[models.Model], ordering: Sequence[str]) -> list[Term]:
    """The columns of an order with the key at its end, going where the one before it goes."""
    terms: list[Term] = []
    for name in ordering:
        if name.lstrip("-") in ("pk", model._meta.pk.name):
            continue
        terms.append(_term(model, name))
        if terms[-1].field.unique and not terms[-1].nullable and len(terms) == 1:
            return terms
    last = terms[-1].descends if terms else ordering[-1].startswith("-")
    return [*terms, _term(model, "-pk" if last else "pk")]


def _term(model: type[models.Model], name: str) -> Term:
    path, at, nullable = name.lstrip("-"), model, False
    field: Any = None
    for part in path.split(LOOKUP_SEP):
        field = at._meta.pk if part == "pk" else at._meta.get_field(part)
        nullable = nullable or field.null or not field.concrete
        at = field.related_model or at
    if field.is_relation:
        # A list is sorted by the row's own column: the other table's order would cost a join.
        path = LOOKUP_SEP.join([*path.split(LOOKUP_SEP)[:-1], field.attname])
        field = field.target_field
    return Term(path, field, name.startswith("-"), nullable)


class FirstPage(AnyPaginator):
    """Only what stands first, and no number: of a long list, one types more of the name."""

    @cached_property
    def count(self) -> int:
        return len(self._shown)

    @cached_property
    def _shown(self) -> Sequence[Any]:
        return list(self.object_list[: self.per_page])

    def page(self, number: Any) -> Page[Any]:
        return Page(self._shown if str(number) == "1" else [], 1, self)

    @property
    def num_pages(self) -> int:
        return 1


class Keyset(AnyModelAdmin):
    """An admin page whose list is a `KeysetChangeList`; only columns with an index sort it."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = FirstPage

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any
    ) -> Any:
        if queryset.model is LogEntry:  # What was done to a row: the latest of it.
            queryset = queryset.reverse()
        return super().get_paginator(request, queryset, per_page, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows once each without DISTINCT, which would read and sort all that were found."""
        found, repeats = super().get_search_results(request, queryset, search_term)
        if repeats:
            found = queryset.filter(pk__in=found.order_by().values("pk"))
        return found, False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:
        """The columns that stand first in an index together with the key, or are unique."""
        own = self.sortable_by
        shown = self.get_list_display(request) if own is None else own
        return [column for column in shown if _sorts(self.model, self._order_of(column))]

    def _order_of(self, column: Any) -> Any:
        if isinstance(column, str):
            column = getattr(self, column, column)
        return column if isinstance(column, str) else getattr(column, "admin_order_field", None)


def _sorts(model: type[models.Model], name: Any) -> bool:
    """Whether an index has the rows in the order of this column and the key."""
    try:
        field: Any = model._meta.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return False
    if field is None or field.is_relation:
        return False
    key = model._meta.pk.name
    pairs = ((name, key), (f"-{name}", f"-{key}"))
    indexed = any(tuple(index.fields[:2]) in pairs for index in model._meta.indexes)
    return indexed or (field.unique and not field.null)
