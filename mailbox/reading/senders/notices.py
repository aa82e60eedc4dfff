"""What the page says about a sender: at most three notices at the head, one line at the foot.

Trouble is said at the head, in the order danger, outside, images. What was proven is a
grey line at the foot: a mark that reassures would be the first thing to be forged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from govmail_portal.dates import Manner
from mailbox.mime.addresses import domain_of
from mailbox.mime.rendition import Rendition, Summary
from mailbox.mime.trust.authentication import is_under
from mailbox.models import Message
from mailbox.reading.correspondents import Office, is_proven

MOST = 3


@dataclass(frozen=True)
class Notice:
    """A bar above a letter. kind: "danger", "sender", "images" or "note"; tone: of the style."""

    kind: str
    tone: str
    icon: str
    lead: str
    text: str = ""


@dataclass(frozen=True)
class Proof:
    """The line at the foot. tone: "full", "partial" or "none"."""

    tone: str
    parts: Sequence[str]


@dataclass(frozen=True)
class Sender:
    """What is known of a letter's sender besides the letter itself.

    is_proven: the address is what it says. imitated: the domain it could be taken for.
    """

    office: Office | None
    is_own: bool = False
    is_portal: bool = False
    is_proven: bool = False
    is_first_contact: bool = False
    imitated: str = ""

    @classmethod
    def of(
        cls, message: Message, summary: Summary | None, office: Office | None, imitated: str = ""
    ) -> Sender:
        """The sender of a letter; without a summary (its seal is broken) nothing is known."""
        return cls(
            office=office,
            is_own=message.is_own,
            is_portal=message.origin == Message.Origin.PORTAL,
            is_proven=summary is not None and is_proven(message, summary),
            is_first_contact=message.is_first_contact,
            imitated=imitated,
        )

    @property
    def was_sent_here(self) -> bool:
        """An account of the portal sent it."""
        return self.is_own or self.is_portal

    @property
    def is_outside(self) -> bool:
        return self.office is None and not self.is_own

    @property
    def is_claimed(self) -> bool:
        """It names an office, and nothing proves it."""
        return self.office is not None and not self.is_own and not self.is_proven


def notices_of(
    rendition: Rendition,
    sender: Sender,
    manner: Manner,
    *,
    shows_images: bool,
    notes: Sequence[str],
) -> tuple[list[Notice], list[str]]:
    """The notices of a letter, and the notes for which there was no room."""
    found = [
        _danger(rendition, sender),
        _about_sender(rendition, sender),
        _images(rendition, manner, shows_images=shows_images),
    ]
    kept = [notice for notice in found if notice is not None]
    room = MOST - len(kept)
    kept += [Notice("note", "", "info", "", note) for note in notes[:room]]
    return kept, list(notes[room:])


def _danger(rendition: Rendition, sender: Sender) -> Notice | None:
    if sender.is_own:
        return None
    reasons = _reasons(rendition, sender)
    if not reasons:
        return None
    advice = _("Do not open files or links, and do not answer with official information.")
    return Notice(
        "danger", "danger", "triangle-alert", reasons[0], " ".join([*reasons[1:], advice])
    )


def _reasons(rendition: Rendition, sender: Sender) -> list[str]:
    """Why a sender may be somebody else, the worst first."""
    domain = domain_of(rendition.sender.address) if rendition.sender else ""
    marks = rendition.sender_marks
    reasons = []
    if rendition.authentication.has_failed and not sender.is_portal:
        reasons.append(_("The sender could not be verified as %(domain)s.") % {"domain": domain})
    if sender.imitated:
        reasons.append(
            _("The address resembles %(domain)s and is not it.") % {"domain": sender.imitated}
        )
    if "address-in-name" in marks:
        reasons.append(_("The sender's name shows an address that is not the sender's."))
    if "mixed-scripts" in marks:
        reasons.append(_("The sender's name or address mixes letters that look alike."))
    if "hidden-characters" in marks:
        reasons.append(_("The sender's name holds hidden characters."))
    return reasons


def _about_sender(rendition: Rendition, sender: Sender) -> Notice | None:
    if sender.is_own or sender.is_portal:
        return None
    sentences = []
    if sender.is_first_contact:
        sentences.append(_("This is the first letter from this address to you."))
    if (elsewhere := _answers_elsewhere(rendition)) != "":
        sentences.append(_("Answers go to %(address)s.") % {"address": elsewhere})
    if sender.is_claimed and sender.office is not None:
        lead = _("The sender claims to be %(office)s and is not verified.") % {
            "office": sender.office.name
        }
        return Notice("sender", "warning", "shield-alert", lead, " ".join(sentences))
    if sender.is_outside:
        advice = _("Take care before opening files or giving official information.")
        lead = _("The sender is outside government.")
        return Notice("sender", "warning", "arrow-up-right", lead, " ".join([*sentences, advice]))
    if elsewhere:
        return Notice("sender", "warning", "reply", _("Answers go elsewhere."), sentences[-1])
    return None


def _answers_elsewhere(rendition: Rendition) -> str:
    """The first address in Reply-To whose domain is not the sender's house."""
    own = domain_of(rendition.sender.address) if rendition.sender else ""
    for who in rendition.reply_to:
        domain = domain_of(who.address)
        if domain and not is_under(domain, own) and not is_under(own, domain):
            return who.address
    return ""


def _images(rendition: Rendition, manner: Manner, *, shows_images: bool) -> Notice | None:
    blocked = rendition.remote_images - rendition.trackers
    sentences = []
    if blocked > 0 and not shows_images:
        sentences.append(
            ngettext(
                "%(count)s image from outside is not shown.",
                "%(count)s images from outside are not shown.",
                blocked,
            )
            % {"count": manner.digits(str(blocked))}
        )
    if rendition.trackers:
        sentences.append(
            ngettext(
                "%(count)s tracking image was removed.",
                "%(count)s tracking images were removed.",
                rendition.trackers,
            )
            % {"count": manner.digits(str(rendition.trackers))}
        )
    return Notice("images", "", "image-off", "", " ".join(sentences)) if sentences else None


# --- The foot -------------------------------------------------------------


def proof_of(rendition: Rendition, sender: Sender) -> Proof:
    """What is proven of a sender, in words without praise."""
    if sender.is_own or sender.is_portal:
        return Proof("full", [_("Sent within the portal")])
    found = rendition.authentication
    domain = domain_of(rendition.sender.address) if rendition.sender else ""
    if not found.is_checked:
        return Proof("none", [_("The sender was not checked.")])
    parts = [
        _verdict("DKIM", found.dkim),
        _verdict("SPF", found.spf),
        _verdict("DMARC", found.dmarc),
    ]
    if found.has_failed or not found.is_proven:
        return Proof("partial", [_("Sender not verified: %(domain)s") % {"domain": domain}, *parts])
    if (found.dkim, found.spf, found.dmarc) == ("pass", "pass", "pass"):
        return Proof("full", [_("Sender verified: %(domain)s") % {"domain": domain}, *parts])
    lead = _("Sender verified in part: %(domain)s") % {"domain": domain}
    return Proof("partial", [lead, *parts])


def _verdict(method: str, verdict: str) -> str:
    """A verdict of RFC 8601 2.7 in a word."""
    words = {
        "pass": _("%(method)s passed"),
        "fail": _("%(method)s failed"),
        "permerror": _("%(method)s failed"),
        "policy": _("%(method)s failed"),
        "softfail": _("%(method)s doubtful"),
        "neutral": _("%(method)s says nothing"),
        "temperror": _("%(method)s could not be checked"),
    }
    return words.get(verdict, _("%(method)s not published")) % {"method": method}
