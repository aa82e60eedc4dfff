"""Admin pages whose every act is written into the audit, in the transaction of the act (P11).

Django tells of additions, changes and deletions in three places, password pages and lists that
are edited included; actions are wrapped, so that none can forget. An action may record more
exactly by itself: rows it wrote an event about are not told of twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.admin import ModelAdmin, StackedInline, TabularInline
from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.db.models import Model, QuerySet
from django.forms import BaseForm, ModelForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.admin.keyset import Keyset
from accounts.audit import chain, facts
from accounts.models import Account, AuditEvent

if TYPE_CHECKING:
    AnyModelAdmin = ModelAdmin[Any]
    AnyTabularInline = TabularInline[Any, Any]
    AnyStackedInline = StackedInline[Any, Any]
else:  # Django's classes are not generic at run time.
    AnyModelAdmin = ModelAdmin
    AnyTabularInline = TabularInline
    AnyStackedInline = StackedInline

Action = Callable[[Any, HttpRequest, QuerySet[Any]], Any]
# An action holds every chosen row, and the chain, until it is done.
MOST_CHOSEN = 1000
# Fields whose values may stand in the audit beside their names: no words, no births.
_TOLD = (models.BooleanField, models.DateField, models.ForeignKey)
_NEVER_TOLD = ("birth_date",)


class NotByHand:
    """Rows that the journeys write and nobody else: they are looked at, in pages and inlines."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Audited(Keyset):
    """An admin page that writes an audit event for every act; at most 1,000 rows an action."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        # Django asks for its own words here, just before it logs: the one place that has them all.
        request.audited = _what_changed(form, formsets or ())  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        self.audit(request, "added", [obj], getattr(request, "audited", None))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        self.audit(request, "changed", [obj], getattr(request, "audited", None))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        self.audit(request, "deleted", queryset)
        return super().log_deletions(request, queryset)

    def audit(
        self,
        request: HttpRequest,
        act: str,
        subjects: Iterable[Model],
        details: dict[str, Any] | None = None,
    ) -> None:
        """Write one event for each row about what the officer of this request did to it."""
        by = cast(Account, request.user)
        chain.record_each(act, subjects, by=by, now=timezone.now(), details=details)

    def get_actions(self, request: HttpRequest) -> Any:
        wrapped = {}
        for name, action in super().get_actions(request).items():
            if action is not None:
                wrapped[name] = (self._audited(name, action[0]), name, action[2])
        return wrapped

    def _audited(self, name: str, run: Action) -> Action:
        @wraps(run)
        def carry_out(page: Any, request: HttpRequest, chosen: QuerySet[Any]) -> Any:
            rows = list(chosen[: MOST_CHOSEN + 1])
            if len(rows) > MOST_CHOSEN:
                sentence = _("Choose at most %(count)d at a time.") % {"count": MOST_CHOSEN}
                self.message_user(request, sentence, messages.ERROR)
                return None
            with transaction.atomic():
                before = _newest()
                answer = run(page, request, chosen)
                # A page that still asks has done nothing yet.
                if not isinstance(answer, TemplateResponse):
                    self.audit(request, name, _untold(rows, since=before))
            return answer

        return carry_out


def _newest() -> int:
    return AuditEvent.objects.order_by("-number").values_list("number", flat=True).first() or 0


def _untold(rows: list[Any], *, since: int) -> list[Any]:
    if not rows:
        return []
    told = AuditEvent.objects.filter(number__gt=since, kind=rows[0]._meta.label_lower)
    known = set(told.values_list("object_id", flat=True))
    return [row for row in rows if str(row.pk) not in known]


def _what_changed(form: BaseForm, formsets: Iterable[Any]) -> dict[str, Any]:
    """Names of changed fields, plain values before and after, and what became of inline rows."""
    told: dict[str, Any] = {"fields": list(form.changed_data)}
    if isinstance(form, ModelForm) and (values := _values(form)):
        told["values"] = values
    for formset in formsets:
        name = formset.model._meta.model_name
        for deed, rows in _rows_of(formset).items():
            if rows:
                told[f"{name} {deed}"] = rows
    return told


def _values(form: ModelForm[Any]) -> dict[str, list[Any]]:
    pairs = {}
    for name in form.changed_data:
        field = form.instance._meta.get_field(name) if _is_of(form.instance, name) else None
        is_choice = bool(getattr(field, "choices", None))
        if name not in _NEVER_TOLD and (is_choice or isinstance(field, _TOLD)):
            after = form.cleaned_data.get(name)
            pairs[name] = [form.initial.get(name), getattr(after, "pk", after)]
    return cast(dict[str, list[Any]], facts.plain(pairs))


def _is_of(instance: Model, name: str) -> bool:
    return any(field.name == name for field in instance._meta.concrete_fields)


def _rows_of(formset: Any) -> dict[str, list[Any]]:
    return {
        "added": [facts.name_of(row) for row in formset.new_objects],
        "changed": [[facts.name_of(row), list(names)] for row, names in formset.changed_objects],
        "deleted": [facts.name_of(row) for row in formset.deleted_objects],
    }
