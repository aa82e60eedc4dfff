"""Admin pages that show what is within an officer's reach, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin import ModelAdmin, TabularInline
from django.db.models import Model, Q, QuerySet
from django.db.models.fields.related import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest

from accounts.models import Account, Agency
from accounts.people.reach import EVERYWHERE, agencies_within_reach

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
