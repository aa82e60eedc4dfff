"""Lists of recipients: an agency's own, with an address that was never anybody's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.reach import WithinReach
from accounts.people import addresses
from govmail_portal.errors import PortalError
from mailbox.models import DistributionList, Mailbox, MailboxAddress


class ListForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Members are typed, an address a line: a list to choose from would be all of government."""

    members_typed = forms.CharField(
        label=_("Members"),
        required=False,
        widget=forms.Textarea({"rows": 8}),
        help_text=_("Addresses inside the portal, one a line."),
    )

    class Meta:
        model = DistributionList
        fields = ("agency", "address", "name_th", "name_en", "whole_agency", "senders", "is_open")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "members_typed" in self.fields:
            known = self.instance.members.values_list("account__address", flat=True)
            self.fields["members_typed"].initial = "\n".join(sorted(each or "" for each in known))

    def clean_members_typed(self) -> list[Mailbox]:
        typed = dict.fromkeys(self.cleaned_data["members_typed"].lower().split())
        rows = MailboxAddress.objects.filter(address__in=typed, mailbox__is_open=True)
        found = {row.address: row.mailbox for row in rows.select_related("mailbox")}
        if missing := [each for each in typed if each not in found]:
            sentence = _("These are no mailboxes of the portal: %(addresses)s")
            raise forms.ValidationError(sentence % {"addresses": ", ".join(missing[:10])})
        return list(dict.fromkeys(found.values()))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance.pk and (agency := said.get("agency")) and said.get("address"):
            said["address"] = said["address"].strip().lower()
            try:
                addresses.must_be_free(said["address"], agency, for_office=True)
            except PortalError as unfit:
                self.add_error("address", str(unfit))
        return said


@admin.register(DistributionList)
class ListAdmin(WithinReach):
    """Opened, closed, filled; never deleted: mail to its address may come for years."""

    form = ListForm
    list_display = ("address", "name_th", "agency", "whole_agency", "senders", "is_open")
    list_filter = ("senders", "is_open")
    list_select_related = ("agency",)
    search_fields = ("address", "name_th", "name_en")
    fields = (
        *("agency", "address", "name_th", "name_en", "whole_agency", "members_typed"),
        *("senders", "is_open"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """An address stays with its list, and the list with its agency."""
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if obj is None else [*fixed, "agency", "address"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.members.set(form.cleaned_data["members_typed"])
