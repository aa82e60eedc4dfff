"""Days in the administration: shown and typed in the Buddhist era, as the officer reads them.

A field takes "1 ต.ค. 2569", "01/10/2569", "๑/๑๐/๒๕๖๙", "2026-10-01": years from 2400 on are
Buddhist. Lists and fields that cannot be edited show the same manner of dates.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.forms.widgets import Script
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.admin.wording.codes import WORDS_OF
from accounts.admin.wording.names import is_unnamed, name_of
from accounts.spreadsheets import values
from accounts.spreadsheets.errors import UnreadableCell
from govmail_portal import dates
from govmail_portal.dates import BANGKOK, Manner

if TYPE_CHECKING:
    AnyBaseAdmin = BaseModelAdmin[Any]
else:  # Django's class is not generic at run time.
    AnyBaseAdmin = BaseModelAdmin


class EraDateInput(forms.DateInput):
    """A line for a day, in one officer's manner; a small script adds a calendar beside it."""

    class Media:
        css = {"all": ("accounts/era.css",)}  # Django's own manner
        js = (Script("accounts/era-calendar.js", type="module"),)

    def __init__(self, manner: Manner | None = None) -> None:
        self.manner = manner or Manner()
        super().__init__(
            attrs={
                "class": "era",
                "autocomplete": "off",
                "size": "14",
                "data-era": "ce" if self.manner.christian_era else "be",
                "data-months": json.dumps(dates.months(self.manner), ensure_ascii=False),
            }
        )

    def format_value(self, value: Any) -> str | None:
        """What stands in the line: "1 ต.ค. 2569"; typed nonsense stays as it was typed."""
        return shown_day(value, self.manner) if isinstance(value, date) else value


class EraDateField(forms.DateField):
    """A day typed in either era, with Thai digits or names of months as one likes."""

    widget = EraDateInput

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        try:
            return values.day(value)
        except UnreadableCell as error:
            raise ValidationError(str(error), code="invalid") from None


class InReadersManner(AnyBaseAdmin):
    """An admin page or inline whose days are typed and shown as its reader counts them."""

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        is_day = isinstance(db_field, models.DateField)
        if is_day and not isinstance(db_field, models.DateTimeField):
            hint = db_field.help_text or _("For example 1 Oct 2026 or 01/10/2569")
            made = db_field.formfield(
                form_class=EraDateField, widget=EraDateInput(manner_of(request)), help_text=hint
            )
        else:
            made = super().formfield_for_dbfield(db_field, request, **kwargs)
        if made is not None and is_unnamed(db_field):
            made.label = capfirst(name_of(db_field))
        return made

    def get_list_display(self, request: HttpRequest) -> Any:
        named: Any = super().get_list_display(request)  # type: ignore[misc]  # of a page, not an inline
        return [self._in_manner(name, request) for name in named]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = [
            self._in_manner(name, request) for name in super().get_readonly_fields(request, obj)
        ]
        if obj is not None and not self.has_change_permission(request, obj):
            shown = [self._in_manner(name, request) for name in self._declared()]
            fixed += [column for column in shown if callable(column) and column not in fixed]
        return fixed

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = self.get_readonly_fields(request, obj)
        columns = {each.__name__: each for each in fixed if callable(each)}
        told: list[Any] = []
        for title, options in super().get_fieldsets(request, obj):
            lines = [_line(each, columns) for each in options["fields"]]
            told.append((title, {**options, "fields": lines}))
        return told

    def _declared(self) -> list[Any]:
        """What the class itself says is on the form; asking Django would ask us again."""
        declared: Any = self.fieldsets or [(None, {"fields": self.fields or ()})]
        return list(flatten_fieldsets(declared))

    def _in_manner(self, name: Any, request: HttpRequest) -> Any:
        if not isinstance(name, str) or hasattr(self, name):
            return name
        try:
            field = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return name
        if not isinstance(field, models.Field):
            return name
        label = str(self.model._meta.label)
        is_plain = not isinstance(field, models.DateField) and not is_unnamed(field)
        if is_plain and (label, name) not in WORDS_OF:
            return name
        return _column(label, name, manner_of(request))


def _line(line: Any, columns: dict[str, Any]) -> Any:
    """One line of a form, with columns in place of the names they show."""
    if isinstance(line, list | tuple):
        return [_line(each, columns) for each in line]
    return columns.get(line, line)


def manner_of(request: HttpRequest) -> Manner:
    """How the officer of this request reads dates."""
    return Manner.of(
        get_language() or "th",
        thai_digits=bool(getattr(request.user, "thai_digits", False)),
        christian_era=bool(getattr(request.user, "christian_era", False)),
    )


def shown_here(value: date | None) -> str:
    """The same in the language of the page, for columns that are worked out."""
    return "–" if value is None else shown_day(value, Manner.of(get_language() or "th"))


def shown_day(value: date, manner: Manner) -> str:
    """A day, or the moment with its time, as the officer reads it."""
    if isinstance(value, datetime):
        return dates.moment(value, manner)
    return dates.day(datetime.combine(value, time(12), tzinfo=BANGKOK), manner)


# The very same function must come back for the same column: Django looks it up by identity.
@lru_cache(maxsize=512)
def _column(label: str, name: str, manner: Manner) -> Callable[[Any], Any]:
    def shown(row: Any) -> Any:
        value = getattr(row, name)
        if in_words is not None:
            return in_words(value) if value else "–"
        if isinstance(value, date):
            return shown_day(value, manner)
        if field.choices:
            return getattr(row, f"get_{name}_display")()
        return "–" if value is None and not isinstance(field, models.BooleanField) else value

    field: Any = apps.get_model(label)._meta.get_field(name)
    in_words = WORDS_OF.get((label, name))
    shown.__name__ = name
    shown.short_description = capfirst(name_of(field))  # type: ignore[attr-defined]  # Django's way
    shown.boolean = isinstance(field, models.BooleanField)  # type: ignore[attr-defined]  # Django's way
    shown.admin_order_field = name  # type: ignore[attr-defined]  # Django's way
    return shown
