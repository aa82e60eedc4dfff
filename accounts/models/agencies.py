"""Agencies of the state: a tree with Thai and English names, letter codes and mail domains.

An agency's letter code (นร, มท, คค) is the one its official letters carry
before their number; it also stands on the tile beside every sender.
"""

from __future__ import annotations

import unicodedata

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def in_reader_language(thai: str, english: str) -> str:
    """Return the name in the language of the page; the other one where it is missing."""
    first, second = (
        (thai, english) if (get_language() or "th").startswith("th") else (english, thai)
    )
    return first or second


class Agency(models.Model):
    """A ministry, department, office, province or other unit with letters of its own."""

    class Kind(models.TextChoices):
        MINISTRY = "ministry", _("Ministry")
        DEPARTMENT = "department", _("Department")
        OFFICE = "office", _("Office")
        PROVINCE = "province", _("Province")
        OTHER = "other", _("Other")

    class State(models.TextChoices):
        """Where the agency stands at the readiness gate (cabinet letter, clause 2.2)."""

        UNASSESSED = "unassessed", _("Not yet assessed")
        ASSESSING = "assessing", _("Being assessed")
        NOT_READY = "not_ready", _("Not ready")
        READY_FOR_DECISION = "ready_for_decision", _("Ready for decision")
        READY = "ready", _("Ready")
        READY_WITH_WAIVERS = "ready_with_waivers", _("Ready with waivers")
        LIVE = "live", _("Live")
        AT_RISK = "at_risk", _("At risk")
        SUSPENDED = "suspended", _("Suspended")

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent agency"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.DEPARTMENT)
    letter_code = models.CharField(_("letter code"), max_length=20, blank=True, db_index=True)
    name_th = models.CharField(_("Thai name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=24, choices=State, default=State.UNASSESSED)
    # Where officials' reports of suspicious mail go: the agency's incident team (CERT).
    incident_address = models.EmailField(
        _("address for reports of suspicious mail"),
        max_length=254,
        blank=True,
        help_text=_(
            "Letters that officials report as suspicious are passed on to it, whole. "
            "Empty: that of the agency above, if it has one."
        ),
    )
    # Whether a colleague inside government sees that an official here has opened a letter.
    shows_opened = models.BooleanField(
        _("tells senders inside when opened"),
        default=False,
        help_text=_(
            "Colleagues inside government see in their outbox when an official of this agency "
            "opened their letter. Nobody outside ever does."
        ),
    )
    # Stands under every letter its officials send, after their own signature; plain text.
    forced_signature = models.TextField(
        _("signature of the agency"),
        blank=True,
        max_length=2_000,
        help_text=_(
            "Stands under every letter its officials send, below their own signature. "
            "Plain text; letters sent at a later time bear the one of the day they were written."
        ),
    )
    hides_phones = models.BooleanField(
        _("hides its officials' telephone numbers"),
        default=False,
        help_text=_("The directory then shows offices' numbers only."),
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    # Agencies whose mail is served; in all others provisioning waits at the gate.
    OPEN_STATES = (State.LIVE, State.AT_RISK)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ("name_th",)
        indexes = [models.Index(fields=["name_th", "id"], name="agency_list")]
        permissions = [("administer_every_agency", _("Can administer every agency"))]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_th, self.name_en)

    @property
    def is_open(self) -> bool:
        """Whether the central service is open for it (cabinet letter, clause 2.2)."""
        return self.state in self.OPEN_STATES

    @property
    def is_suspended(self) -> bool:
        """Whether it was open, and may be again: nothing that is meant for it is lost."""
        return self.state == self.State.SUSPENDED

    @property
    def tile(self) -> str:
        """What fits on the tile beside a sender: นร of "นร ๐๕", else the name's first letters."""
        return self.letter_code.partition(" ")[0] or self.name[:2]


class AgencyCode(models.Model):
    """A letter code an agency once had: codes are reassigned over time; both ends count."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="codes")
    letter_code = models.CharField(_("letter code"), max_length=20)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("former letter code")
        verbose_name_plural = _("former letter codes")
        ordering = ("agency", "valid_from")

    def __str__(self) -> str:
        return self.letter_code


class AgencyDomain(models.Model):
    """A mail domain that belongs to one agency, in lower case."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="domains")
    domain = models.CharField(_("domain"), max_length=253, unique=True)
    is_primary = models.BooleanField(_("primary"), default=True)

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        ordering = ("domain",)

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        """As mail will ask for it: whoever types capitals or a last dot means the same domain."""
        self.domain = unicodedata.normalize("NFC", self.domain.strip().rstrip(".")).lower()


class OrgUnit(models.Model):
    """A division, group or section inside an agency."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="units")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    # The agency's own code of the unit, which files and directories name it by.
    code = models.CharField(_("code"), max_length=40, blank=True)
    name_th = models.CharField(_("Thai name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    phone = models.CharField(_("telephone of the office"), max_length=40, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ("name_th",)
        indexes = [models.Index(fields=["name_th", "id"], name="unit_list")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_th, self.name_en)
