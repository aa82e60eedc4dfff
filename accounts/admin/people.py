"""Officials, positions, and who holds which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import filters
from accounts.admin.dates import shown_here
from accounts.admin.deeds import DeedsOnOfficials
from accounts.admin.reach import (
    InlineWithinReach,
    ReadOnlyInline,
    WithinReach,
    reached_ids,
    reaches,
)
from accounts.mandate import obligations
from accounts.models import (
    Account,
    Assignment,
    Exemption,
    Obligation,
    Official,
    PersonnelOrder,
    Position,
)
from accounts.people import directory, retirement
from accounts.people.orders.recording import OwnOrder
from accounts.people.reach import agencies_within_reach

if TYPE_CHECKING:
    AnyModelForm = ModelForm[Any]
else:  # Django's class is not generic at run time.
    AnyModelForm = ModelForm

_NAMES = ("title_th", "given_name_th", "family_name_th", "given_name_en", "family_name_en")


def list_again(accounts: QuerySet[Account]) -> None:
    """Write the directory's lines of these accounts anew after a change in the administration."""
    directory.list_again(directory.listed(accounts))


def count_again(request: HttpRequest, officials: QuerySet[Official]) -> None:
    """Bring duties up to date after an officer put facts right."""
    by = cast(Account, request.user)
    obligations.recompute(officials, now=timezone.now(), cause="correction", by=by)


class PostForm(AnyModelForm):
    """A post held. Nobody gives themselves one: it can have a mailbox, which its holder reads."""

    officer: Account | None = None

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        official = found["official"].pk if found.get("official") else self.instance.official_id
        own = self.officer.official_id if self.officer else None
        if self.has_changed() and own is not None and own == official:
            raise ValidationError(str(OwnOrder.message))
        return found


class Posts(InlineWithinReach):
    """Posts held, inside the page of an official or of a position."""

    model = Assignment
    form = PostForm

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        cast(Any, made.form).officer = cast(Account, request.user)
        return made


class AssignmentsOfOfficial(Posts):
    agency_paths = ("position__agency",)
    autocomplete_fields = ("position",)
    fields = ("position", "kind", "grade", "order_no", "valid_from", "valid_to")

    def get_min_num(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        # Without a post a new official would belong to no agency, and to no officer.
        return 1 if obj is None else 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_min=obj is None, **kwargs)


class DutiesOfOfficial(ReadOnlyInline):
    model = Obligation
    verbose_name_plural = _("duties under the mandate")
    fields = ("rule", "due_on", "state", "met_on", "is_waiting_gate")


class OrdersOfOfficial(ReadOnlyInline):
    model = PersonnelOrder
    fields = ("kind", "effective_on", "until", "order_no", "state")


class ExemptionsOfOfficial(ReadOnlyInline):
    model = Exemption
    fields = ("rule", "reason", "letter_no", "starts_on", "expires_on", "approved_by")


@admin.register(Official)
class OfficialAdmin(DeedsOnOfficials, WithinReach):
    """People: found by name, number or address; whoever belongs to one's own agencies."""

    list_display = (
        *("thai_name", "english_name", "post", "account"),
        *("state", "due", "has_second_factor"),
    )
    list_display_links = ("thai_name", "english_name")
    list_select_related = ("account",)
    list_filter = (
        filters.Due,
        filters.NoAccount,
        filters.SecondFactor,
        filters.StuckAt,
        filters.Retires,
        filters.AgencyOfOfficial,
    )
    search_fields = (
        *_NAMES,
        "account__address",
        "assignments__position__position_number",
        "source_records__key",
    )
    readonly_fields = ("last_day",)
    inlines = (AssignmentsOfOfficial, DutiesOfOfficial, OrdersOfOfficial, ExemptionsOfOfficial)
    fieldsets = (
        (None, {"fields": (_NAMES[:3], ("title_en", *_NAMES[3:]))}),
        (_("Service"), {"fields": ("birth_date", "retires_on", "last_day")}),
        (_("Government directory"), {"fields": ("phone", "hides_phone")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Official]:
        posts = Prefetch("assignments", Assignment.objects.select_related("position"))
        owed = Obligation.objects.open().filter(official=OuterRef("pk")).order_by("due_on")
        rows: QuerySet[Official] = super().get_queryset(request)
        return rows.prefetch_related(posts, "account__totpdevice_set").annotate(
            due_on=Subquery(owed.values("due_on")[:1])
        )

    def is_reached(self, request: HttpRequest) -> Q:
        """Whose account is here, or who has a post here; a post that has ended gives no reach."""
        here = agencies_within_reach(cast(Account, request.user))
        posts = Assignment.objects.filter(position__agency__in=here)
        lasting = posts.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=timezone.localdate()))
        without_account = Q(account__isnull=True, pk__in=posts.values("official"))
        serves_here = Q(pk__in=lasting.values("official"))
        return Q(account__agency__in=here) | serves_here | without_account

    def has_change_permission(self, request: HttpRequest, obj: Official | None = None) -> bool:
        """Who only serves here for a time is looked at; their home agency keeps their facts."""
        if not super().has_change_permission(request, obj):
            return False
        home = getattr(obj, "account", None)
        if obj is None or home is None or reaches(request):
            return True
        return home.agency_id in reached_ids(request)

    def save_related(
        self, request: HttpRequest, form: ModelForm[Official], formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        list_again(Account.objects.filter(official=form.instance))
        count_again(request, Official.objects.filter(pk=form.instance.pk))

    @admin.display(description=_("Thai name"), ordering="given_name_th")
    def thai_name(self, official: Official) -> str:
        return f"{official.title_th}{official.name_th}"

    @admin.display(description=_("English name"), ordering="given_name_en")
    def english_name(self, official: Official) -> str:
        return official.name_en

    @admin.display(description=_("post"))
    def post(self, official: Official) -> str:
        held = official.held_position
        return held.title if held else ""

    @admin.display(description=_("state"), ordering="account__state")
    def state(self, official: Official) -> str:
        account = getattr(official, "account", None)
        return account.get_state_display() if account else ""

    @admin.display(description=_("second factor"), boolean=True)
    def has_second_factor(self, official: Official) -> bool:
        account = getattr(official, "account", None)
        return account is not None and any(app.confirmed for app in account.totpdevice_set.all())

    @admin.display(description=_("last day in service"))
    def last_day(self, official: Official) -> str:
        return shown_here(retirement.last_day_of(official))

    @admin.display(description=_("due"), ordering="due_on")
    def due(self, official: Any) -> str:
        return shown_here(official.due_on)


class HoldersOfPosition(Posts):
    agency_paths = ("position__agency",)
    autocomplete_fields = ("official",)
    fields = ("official", "kind", "grade", "order_no", "valid_from", "valid_to")


@admin.register(Position)
class PositionAdmin(WithinReach):
    list_display = (
        *("title_th", "title_en", "position_number", "agency", "unit"),
        *("is_director_or_above", "is_head_of_unit"),
    )
    list_display_links = ("title_th", "title_en")
    list_filter = ("is_director_or_above", "is_head_of_unit", filters.InAgency)
    list_select_related = ("agency", "unit")
    search_fields = (
        "title_th",
        "title_en",
        "position_number",
        "agency__name_th",
        "agency__name_en",
        "unit__name_th",
    )
    autocomplete_fields = ("agency", "unit")
    fieldsets = (
        (None, {"fields": ("title_th", "title_en", "position_number", "agency", "unit")}),
        (_("Rank"), {"fields": ("is_director_or_above", "grade", "is_head_of_unit")}),
        (_("Government directory"), {"fields": ("phone", "valid_from", "valid_to")}),
    )
    inlines = (HoldersOfPosition,)

    def save_related(
        self, request: HttpRequest, form: ModelForm[Position], formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        position = form.instance
        holders = Official.objects.filter(assignments__position=position).distinct()
        list_again(Account.objects.filter(Q(position=position) | Q(official__in=holders)))
        count_again(request, holders)


@admin.register(Assignment)
class AssignmentAdmin(WithinReach):
    form = PostForm
    agency_paths = ("position__agency",)
    list_display = ("official", "position", "kind", "order_no", "valid_from", "valid_to")
    list_filter = ("kind", filters.AgencyOfPost)
    list_select_related = ("official", "position")
    search_fields = (
        "official__given_name_th",
        "official__family_name_th",
        "official__family_name_en",
        "position__title_th",
        "position__title_en",
        "position__position_number",
        "order_no",
    )
    autocomplete_fields = ("official", "position")
    fields = ("official", "position", "kind", "grade", "order_no", "valid_from", "valid_to")

    def get_form(
        self, request: HttpRequest, obj: Assignment | None = None, change: bool = False, **rest: Any
    ) -> Any:
        made = super().get_form(request, obj, change=change, **rest)
        made.officer = cast(Account, request.user)  # type: ignore[attr-defined]  # PostForm's
        return made

    def save_model(
        self, request: HttpRequest, obj: Assignment, form: ModelForm[Assignment], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        list_again(Account.objects.filter(official=obj.official))
        count_again(request, Official.objects.filter(pk=obj.official_id))

    def delete_model(self, request: HttpRequest, obj: Assignment) -> None:
        official = obj.official_id
        super().delete_model(request, obj)
        list_again(Account.objects.filter(official=official))
        count_again(request, Official.objects.filter(pk=official))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        officials = list(queryset.values_list("official", flat=True))
        super().delete_queryset(request, queryset)
        list_again(Account.objects.filter(official__in=officials))
        count_again(request, Official.objects.filter(pk__in=officials))
