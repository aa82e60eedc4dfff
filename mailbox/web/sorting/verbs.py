"""The verbs of forms, and the sentence each is announced with.

A form sends `verb`, or `verb:argument`: a folder's slug, a label's id, a moment's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from govmail_portal import dates
from mailbox import reporting
from mailbox.models import Folder, Mailbox, MailReport
from mailbox.opening import mailbox_key
from mailbox.outbound.answers.opened import tell_senders
from mailbox.reading import labels, sorting
from mailbox.reading.deeds import reports, snoozing
from mailbox.reading.deeds.changes import Change
from mailbox.reading.sorting import NOT_BY_HAND, Here
from mailbox.web.finding import folder_of
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.sorting.own import label_of


@dataclass
class Deed:
    """What is to be done, and to what. said: a sentence the deed itself has to say."""

    request: PortalRequest
    here: Here
    threads: Sequence[UUID]
    argument: str
    now: datetime
    said: str = ""

    @property
    def mailbox(self) -> Mailbox:
        return self.here.mailbox if isinstance(self.here, Folder) else self.here


def _read(deed: Deed) -> Change:
    """Also what an opened conversation does by itself; only then may its senders learn of it."""
    if deed.request.POST.get("opened"):
        tell_senders(deed.threads, by=deed.request.user, now=deed.now)
    return sorting.mark_read(deed.here, deed.threads)


def _move(deed: Deed) -> Change:
    to = folder_of(deed.mailbox, deed.argument)
    if to.kind in NOT_BY_HAND:
        raise Http404
    return sorting.move(deed.here, deed.threads, to=to, now=deed.now)


def _spam(deed: Deed) -> Change:
    return reports.report(deed.here, deed.threads, kind=MailReport.Kind.SPAM, now=deed.now)


def _phishing(deed: Deed) -> Change:
    done = reporting.suspicious(deed.here, deed.threads, by=deed.request.user, now=deed.now)
    if done.sent:
        deed.said = _("Reported to the incident team and moved to spam.")
    elif done.failed:
        deed.said = _("Moved to spam. It could not be sent to the incident team; call them.")
    else:
        deed.said = _("Moved to spam. No incident team is named that reports could go to.")
    return done.change


def _snooze(deed: Deed) -> Change:
    text = deed.request.POST.get("until", "") if deed.argument == "own" else deed.argument
    until = snoozing.until_of(text, deed.now)
    when = dates.moment(until, manner_of(deed.request), weekday=True)
    deed.said = _("Snoozed until %(when)s.") % {"when": when}
    return snoozing.snooze(deed.here, deed.threads, until=until, now=deed.now)


def _labels(deed: Deed) -> Change:
    """The boxes of the menu: stick what was ticked since, take off what no longer is."""
    ticked = set(deed.request.POST.getlist("label"))
    before = set(deed.request.POST.getlist("label_was"))
    box, change = deed.mailbox, Change(deed.mailbox.pk)
    for pk in sorted(ticked - before):
        change = change.and_then(labels.put(box, deed.threads, label_of(box, pk)))
    for pk in sorted(before - ticked):
        change = change.and_then(labels.take_off(box, deed.threads, label_of(box, pk)))
    return change


def _new_label(deed: Deed) -> Change:
    box = deed.mailbox
    made = labels.create(box, deed.request.POST.get("label_name", ""), mailbox_key(box))
    return labels.put(box, deed.threads, made)


def _label(deed: Deed) -> Change:
    return labels.put(deed.mailbox, deed.threads, label_of(deed.mailbox, deed.argument))


def _unlabel(deed: Deed) -> Change:
    return labels.take_off(deed.mailbox, deed.threads, label_of(deed.mailbox, deed.argument))


def _erase(deed: Deed) -> Change:
    """For ever: the only verb that asks first, and the only one without a way back."""
    if deed.request.POST.get("sure") != "yes":
        raise Http404
    erased = sorting.erase(deed.here, deed.threads)
    deed.said = ngettext(
        "Deleted %(count)s letter for ever.", "Deleted %(count)s letters for ever.", erased
    ) % {"count": manner_of(deed.request).digits(str(erased))}
    return Change(deed.mailbox.pk)


DEEDS: dict[str, Callable[[Deed], Change]] = {
    "read": _read,
    "unread": lambda one: sorting.mark_read(one.here, one.threads, read=False),
    "star": lambda one: sorting.star(one.here, one.threads),
    "unstar": lambda one: sorting.star(one.here, one.threads, starred=False),
    "archive": lambda one: sorting.archive(one.here, one.threads, now=one.now),
    "trash": lambda one: sorting.trash(one.here, one.threads, now=one.now),
    "restore": lambda one: sorting.restore(one.here, one.threads),
    "mute": lambda one: sorting.mute(one.here, one.threads, now=one.now),
    "unmute": lambda one: sorting.mute(one.here, one.threads, now=one.now, muted=False),
    "wake": lambda one: snoozing.wake(one.mailbox, one.threads, now=one.now),
    "spam": _spam,
    "phishing": _phishing,
    "move": _move,
    "snooze": _snooze,
    "labels": _labels,
    "new-label": _new_label,
    "label": _label,
    "unlabel": _unlabel,
    "erase": _erase,
}
# Opening a letter marks it read: nobody did anything that could be taken back.
SILENT = frozenset(("read",))

# What an open conversation shows beside its letters.
SHOWN = frozenset(("labels", "new-label", "label", "unlabel", "unmute", "wake"))


def sentence(verb: str, change: Change, deed: Deed) -> str:
    """What the undo bar says."""
    if not change and not deed.said:
        return _("Nothing has changed.")
    number = len(deed.threads)
    return deed.said or _sentences(number).get(verb, _("Done.")) % {
        "count": manner_of(deed.request).digits(str(number))
    }


def _sentences(number: int) -> dict[str, str]:
    """By verb, with the number of conversations in the right form."""
    return {
        "archive": ngettext(
            "Archived %(count)s conversation.", "Archived %(count)s conversations.", number
        ),
        "trash": ngettext(
            "%(count)s conversation is in the bin.",
            "%(count)s conversations are in the bin.",
            number,
        ),
        "spam": ngettext(
            "%(count)s conversation is in spam.", "%(count)s conversations are in spam.", number
        ),
        "restore": ngettext(
            "Put back %(count)s conversation.", "Put back %(count)s conversations.", number
        ),
        "move": ngettext("Moved %(count)s conversation.", "Moved %(count)s conversations.", number),
        "unread": _("Marked as unread."),
        "read": _("Marked as read."),
        "star": _("The star is on."),
        "unstar": _("The star is off."),
        "mute": _("Muted: what follows goes to the archive."),
        "unmute": _("No longer muted."),
        "wake": _("Back on top of its folder."),
        "labels": _("The labels have been changed."),
        "new-label": _("The label is on."),
        "label": _("The label is on."),
        "unlabel": _("The label is off."),
    }
