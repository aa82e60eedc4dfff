"""Admin pages that show what is within an officer's reach, and nothing else."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Field, Q, QuerySet
from django.db.models.fields.related import ForeignKey
from django.forms import Field as FormField
from django.forms import ModelChoiceField
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext

from accounts.admin.audited import (
    AnyModelAdmin,
    AnyStackedInline,
    AnyTabularInline,
    Audited,
    NotByHand,
)
from accounts.admin.dates import InReadersManner
from accounts.models import Account
from accounts.people.reach import EVERYWHERE, agencies_within_reach
from accounts.spreadsheets.values import digits

__all__ = [
    "AnyModelAdmin",
    "AnyStackedInline",
    "AnyTabularInline",
    "InlineWithinReach",
    "Looked",
    "ReadOnlyInline",
    "WithinReach",
    "reached_ids",
    "reaches",
]


def reaches(request: HttpRequest) -> bool:
    """Whether this officer looks after every agency."""
    return bool(cast(Account, request.user).has_perm(EVERYWHERE))


def reached_ids(request: HttpRequest) -> frozenset[int]:
    """The agencies within this officer's reach, asked for once a request: rows are many."""
    known: frozenset[int] | None = getattr(request, "reached_ids", None)
    if known is None:
        reached = agencies_within_reach(cast(Account, request.user)).order_by()
        known = frozenset(reached.values_list("pk", flat=True))
        request.reached_ids = known  # type: ignore[attr-defined]  # ours
    return known


class _Scoped(InReadersManner):
    """What pages and inlines share: rows and choices come from agencies within reach only.

    agency_paths: lookups from the row to its agency; one of them must be within reach.
    """

    agency_paths: tuple[str, ...] = ("agency",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if reaches(request) or not self.agency_paths:
            return rows
        reached = rows.model._default_manager.filter(self.is_reached(request))
        return rows.filter(pk__in=reached.values("pk"))

    def is_reached(self, request: HttpRequest) -> Q:
        """The condition under which a row is within the officer's reach."""
        agencies = agencies_within_reach(cast(Account, request.user))
        condition = Q()
        for path in self.agency_paths:
            condition |= Q(**{f"{path}__in": agencies})
        return condition

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        """Choices are what the chosen thing's own page would list to this officer."""
        page = self.admin_site._registry.get(db_field.related_model)
        if isinstance(page, WithinReach):
            kwargs["queryset"] = page.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class WithinReach(_Scoped, Audited):
    """An admin page that lists, opens and offers only what belongs to agencies within reach."""

    change_form_template = "admin/deeds_change_form.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find numbers however their digits were typed; no text in PostgreSQL has a NUL."""
        return super().get_search_results(request, queryset, digits(search_term.replace("\0", " ")))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The deeds of the list stand above the one row, too."""
        if kwargs.get("obj") is not None:
            context["deeds"] = [
                (name, words % {"verbose_name_plural": self.opts.verbose_name_plural})
                for name, (_run, _same, words) in self.get_actions(request).items()
                if name != "delete_selected"
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        # What is out of reach does not exist; Django would say "perhaps it was deleted".
        raise Http404


class Looked(NotByHand, WithinReach):
    """A page to look at, within reach."""


class _NamedRows(BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    """Rows whose box for deleting has a name, too."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = gettext("Delete")


class InlineWithinReach(_Scoped, AnyTabularInline):
    """Rows inside a page, those within reach only."""

    extra = 0
    formset = _NamedRows
    agency_paths: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what each row names: a row more is no statement more."""
        fields = self.model._meta.concrete_fields
        return (
            super()
            .get_queryset(request)
            .select_related(*(field.name for field in fields if field.is_relation))
        )

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        """In a table only the head of the column names a field; who cannot see it hears it so."""
        made = super().formfield_for_dbfield(db_field, request, **kwargs)
        if made is not None:
            inner: Any = getattr(made.widget, "widget", made.widget)
            inner.attrs.setdefault("aria-label", str(made.label or db_field.name))
        return made


class ReadOnlyInline(NotByHand, InlineWithinReach):
    """Rows inside a page that say something and cannot be changed there."""

    can_delete = False
    show_change_link = True

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.fields or ())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [self._in_manner(name, request) for name in self._columns]
