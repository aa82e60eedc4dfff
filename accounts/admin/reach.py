"""How far an administrator reaches: their own agency and those below it, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin import ModelAdmin, TabularInline
from django.db.models import Model, Q, QuerySet
from django.db.models.fields.related import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest

from accounts.models import Account, Agency

EVERYWHERE = "accounts.administer_every_agency"


def agencies_within_reach(account: Account) -> QuerySet[Agency]:
    """Return the agencies whose people this administrator looks after."""
    if account.has_perm(EVERYWHERE):
        return Agency.objects.all()
    reached = [account.agency_id]
    newest = reached
    while newest:
        below = Agency.objects.order_by().filter(parent__in=newest).exclude(pk__in=reached)
        newest = list(below.values_list("pk", flat=True))
        reached = reached + newest
    return Agency.objects.filter(pk__in=reached)


if TYPE_CHECKING:
    AnyModelAdmin = ModelAdmin[Any]
    AnyTabularInline = TabularInline[Any, Any]
else:  # Django's classes are not generic at run time.
    AnyModelAdmin = ModelAdmin
    AnyTabularInline = TabularInline


class WithinReach(AnyModelAdmin):
    """An admin page that lists, opens and offers only what belongs to agencies within reach.

    agency_paths: lookups from the row to its agency; one of them must be within reach.
    `or_nobodys`: rows without any agency are shown, too (a person who has no post yet).
    """

    agency_paths: tuple[str, ...] = ("agency",)
    or_nobodys = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        account = cast(Account, request.user)
        if account.has_perm(EVERYWHERE):
            return rows
        return rows.filter(pk__in=self._reached(account, rows.model).values("pk"))

    def _reached(self, account: Account, model: type[Model]) -> QuerySet[Any]:
        agencies = agencies_within_reach(account)
        condition = Q()
        for path in self.agency_paths:
            condition |= Q(**{f"{path}__in": agencies})
        if self.or_nobodys:
            condition |= Q(**{f"{path}__isnull": True for path in self.agency_paths})
        return model._default_manager.filter(condition)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.related_model is Agency:
            kwargs["queryset"] = agencies_within_reach(cast(Account, request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
