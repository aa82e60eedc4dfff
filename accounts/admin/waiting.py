"""What waits: orders for their day, deeds for a second officer, accounts in the queue, imports."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import filters
from accounts.admin.forms import ReceiveForm, ask_first
from accounts.admin.reach import Looked, ReadOnlyInline, WithinReach
from accounts.models import (
    Account,
    ImportBatch,
    PersonnelOrder,
    Position,
    ProvisioningJob,
    ProvisioningStep,
    SecondOpinion,
)
from accounts.people import orders, two_officers
from accounts.people.reach import agencies_within_reach
from accounts.people.transferring import releasing
from accounts.provisioning import queue


class Unanswered(admin.SimpleListFilter):
    """Those that wait for an answer, first of all."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("Waits for another officer")), ("given", _("Answered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "waiting":
            return queryset.filter(pk__in=two_officers.waiting(timezone.now()).values("pk"))
        return queryset.filter(answered_at__isnull=False) if self.value() else queryset


@admin.register(SecondOpinion)
class SecondOpinionAdmin(Looked):
    agency_paths = ("account__agency",)
    list_display = (
        *("what", "account", "reason", "asked_by", "asked_at"),
        *("answered_by", "answered_at", "is_agreed"),
    )
    list_filter = (Unanswered,)
    list_select_related = ("account", "asked_by", "answered_by")
    search_fields = ("account__address", "reason", "asked_by__address")
    fields = (
        *("what", "account", "reason", "asked_by", "asked_at"),
        *("answered_by", "answered_at", "is_agreed"),
    )
    actions = ("agree", "refuse")

    def is_reached(self, request: HttpRequest) -> Q:
        """What waits for the other side of a transfer is its officers' to answer, too."""
        here = agencies_within_reach(cast(Account, request.user))
        theirs = Q(account__former_official__account__agency__in=here)
        return super().is_reached(request) | (theirs & Q(deed=releasing.DEED))

    @admin.display(description=_("deed"), ordering="deed")
    def what(self, opinion: SecondOpinion) -> str:
        return two_officers.title_of(opinion)

    @admin.action(description=_("Agree, and carry it out"), permissions=["answer"])
    def agree(self, request: HttpRequest, opinions: QuerySet[SecondOpinion]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        for opinion in opinions:
            two_officers.agree(opinion, by=by, now=now)
        self.message_user(request, _("Agreed, and carried out."), messages.SUCCESS)

    @admin.action(description=_("Refuse, or take back"), permissions=["view"])
    def refuse(self, request: HttpRequest, opinions: QuerySet[SecondOpinion]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        for opinion in opinions:
            two_officers.refuse(opinion, by=by, now=now)
        self.message_user(request, _("Refused; nothing was changed."), messages.SUCCESS)

    def has_answer_permission(self, request: HttpRequest) -> bool:
        """Whoever has the right of at least one of the deeds."""
        account = cast(Account, request.user)
        return any(account.has_perm(deed.right) for deed in two_officers.deeds())


class OrderKind(admin.SimpleListFilter):
    """Orders by what still has to happen to them."""

    title = _("state")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ours", _("Wait for our agreement")), *PersonnelOrder.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "ours":
            here = agencies_within_reach(cast(Account, request.user))
            waiting = PersonnelOrder.State.AWAITING_SECOND
            return queryset.filter(state=waiting, to_agency__in=here)
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(PersonnelOrder)
class PersonnelOrderAdmin(WithinReach):
    """Orders are recorded here, and then only withdrawn or agreed to: never edited."""

    agency_paths = ("from_agency", "to_agency", "official__account__agency")
    list_display = (
        *("kind", "official", "effective_on", "until", "order_no"),
        *("from_agency", "to_agency", "state", "last_error"),
    )
    list_filter = (OrderKind, "kind")
    list_select_related = ("official", "from_agency", "to_agency")
    search_fields = (
        *("order_no", "official__given_name_th", "official__family_name_th"),
        *("official__given_name_en", "official__family_name_en", "official__account__address"),
    )
    autocomplete_fields = ("official", "position")
    actions = ("agree", "withdraw", "try_again")
    add_fields = ("kind", "official", "effective_on", "until", "position", "order_no")
    fields = (
        *add_fields,
        *("from_agency", "to_agency", "state", "last_error", "done_at"),
        *("recorded_by", "recorded_at", "agreed_by", "agreed_at"),
    )

    def get_fields(self, request: HttpRequest, obj: PersonnelOrder | None = None) -> Any:
        return self.add_fields if obj is None else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A transfer has a page of its own: it needs the other agency, which is out of reach."""
        if db_field.name == "kind":
            kinds = PersonnelOrder.Kind
            kwargs["choices"] = [each for each in kinds.choices if each[0] != kinds.TRANSFERRED]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: PersonnelOrder,
        form: ModelForm[PersonnelOrder],
        change: bool,
    ) -> None:
        facts = {name: form.cleaned_data[name] for name in self.add_fields}
        by, now = cast(Account, request.user), timezone.now()
        order = orders.record(facts.pop("kind"), facts.pop("official"), by=by, now=now, **facts)
        obj.pk = order.pk
        obj.refresh_from_db()

    @admin.action(description=_("Agree to the transfer …"), permissions=["order"])
    def agree(self, request: HttpRequest, chosen: QuerySet[PersonnelOrder]) -> Any:
        here = agencies_within_reach(cast(Account, request.user))
        positions = Position.objects.filter(agency__in=here).order_by("title_th")
        answer = ask_first(
            self, request, chosen, ReceiveForm, title=_("Agree to the transfer"), position=positions
        )
        if isinstance(answer, TemplateResponse):
            return answer
        by, now = cast(Account, request.user), timezone.now()
        for order in chosen:
            orders.agree(order, by=by, now=now, **answer)
        self.message_user(request, _("Agreed; it is carried out on its day."), messages.SUCCESS)
        return None

    @admin.action(description=_("Withdraw the chosen orders"), permissions=["order"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[PersonnelOrder]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        for order in chosen:
            orders.withdraw(order, by=by, now=now)
        self.message_user(request, _("Withdrawn; nothing happens on that day."), messages.SUCCESS)

    @admin.action(description=_("Try again those that need help"), permissions=["order"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[PersonnelOrder]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        for order in chosen:
            orders.try_again(order, by=by, now=now)
        self.message_user(request, _("They are tried again now."), messages.SUCCESS)

    def has_order_permission(self, request: HttpRequest) -> bool:
        """Who records orders may agree to them and withdraw them."""
        return self.has_add_permission(request)


class StepsOfJob(ReadOnlyInline):
    model = ProvisioningStep
    show_change_link = False
    fields = ("name", "attempts", "done_at", "last_error")


@admin.register(ProvisioningJob)
class ProvisioningJobAdmin(Looked):
    """The queue of accounts being opened, in its own order: whom it opens next stands first."""

    list_display = (
        *("account", "agency", "queue_class", "must_be_done_by", "state"),
        *("requested_at", "attempts", "finished_at"),
    )
    list_filter = ("state", "queue_class", filters.InAgency)
    list_select_related = ("account", "agency")
    ordering = ("queue_class", "must_be_done_by", "requested_at")
    search_fields = ("account__address",)
    fields = list_display
    inlines = (StepsOfJob,)
    actions = ("try_again",)

    @admin.action(description=_("Try again now"), permissions=["retry"])
    def try_again(self, request: HttpRequest, jobs: QuerySet[ProvisioningJob]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        for job in jobs:
            queue.try_again(job, by=by, now=now)
        self.message_user(request, _("They are tried again now."), messages.SUCCESS)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whoever may change accounts, or runs the portal."""
        account = cast(Account, request.user)
        return account.has_perm("accounts.change_account") or account.has_perm(
            "accounts.change_provisioningjob"
        )


@admin.register(ImportBatch)
class ImportBatchAdmin(Looked):
    """What was imported; reading a file and approving its plan have pages of their own."""

    agency_paths = ("source__agency",)
    list_display = ("source", "state", "file_name", "created_at", "applied_at", "asked_by")
    list_filter = ("state",)
    list_select_related = ("source", "asked_by")
    search_fields = ("source__name", "file_name")
    fields = (
        *("source", "state", "file_name", "counts", "why_second", "failure"),
        *("asked_by", "approved_by", "second_by", "created_at", "applied_at"),
    )
