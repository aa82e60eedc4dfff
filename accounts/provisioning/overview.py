"""What an officer sees of the queue: how far it has come, what is stuck at which step, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency, ImportRow, ProvisioningJob, ProvisioningStep
from accounts.models.provisioning import ProvisioningJobQuerySet
from accounts.people.days import midnight

State = ProvisioningJob.State
# No figure is counted beyond.
MOST_COUNTED = 10_000
STEP_NAMES: dict[str, Promise] = {
    "mailbox": _("Mailbox and its keys"),
    "directory": _("Line in the directory"),
    "welcome": _("Letter of welcome"),
    "account": _("Opening of the account"),
}


@dataclass(frozen=True)
class Selection:
    """Which jobs: agencies of the officer; of one import (its id), or all; in these words."""

    agencies: QuerySet[Agency]
    batch: int | None = None
    state: str = ""
    step: str = ""
    words: str = ""


@dataclass(frozen=True)
class Progress:
    """How many accounts wait, stand at the gate, need help, and were opened (today; of an
    import: ever)."""

    waiting: int
    at_gate: int
    failed: int
    opened: int

    most = MOST_COUNTED

    @property
    def total(self) -> int:
        return self.waiting + self.at_gate + self.failed + self.opened

    @property
    def is_moving(self) -> bool:
        return self.waiting > 0


@dataclass(frozen=True)
class Stuck:
    """A step that did not work for so many accounts."""

    step: str
    name: str
    count: int


def progress(chosen: Selection, *, now: datetime) -> Progress:
    """Count the jobs of these agencies, or of one import; of each kind up to MOST_COUNTED."""
    jobs = _reached(chosen)
    done = Q(state=State.DONE)
    if chosen.batch is None:
        done &= Q(finished_at__gte=midnight(timezone.localdate(now)))
        jobs = jobs.filter(Q(finished_at__isnull=True) | done)
    wanted = (Q(state=State.WAITING), Q(state=State.WAITING_GATE), Q(state=State.FAILED), done)
    # Each up to its most: after an import of a ministry tens of thousands wait.
    return Progress(*(jobs.filter(each).order_by()[:MOST_COUNTED].count() for each in wanted))


def stuck(chosen: Selection) -> list[Stuck]:
    """The steps that did not work for open jobs, the most frequent one first."""
    failed = ProvisioningStep.objects.filter(
        job__in=_reached(chosen).open(), done_at__isnull=True, attempts__gt=0
    ).order_by()
    counted = (
        ProvisioningStep.objects.filter(pk__in=failed.values("pk")[:MOST_COUNTED])
        .order_by()
        .values_list("name")
        .annotate(count=Count("pk"))
        .order_by("-count", "name")
    )
    return [Stuck(name, str(STEP_NAMES.get(name, name)), count) for name, count in counted]


def jobs(chosen: Selection, *, now: datetime, most: int) -> list[ProvisioningJob]:
    """The first jobs in the order of the queue; of what is over, what ended last."""
    found = _reached(chosen)
    if chosen.words:
        found = found.filter(_says(chosen.words))
    if chosen.step:
        owed = ProvisioningStep.objects.filter(
            name=chosen.step, done_at__isnull=True, attempts__gt=0
        )
        found = found.filter(pk__in=owed.values("job"))
    if chosen.state in (State.DONE, State.CANCELLED):
        found = found.filter(state=chosen.state).order_by("-finished_at", "-pk")
    else:
        found = found.open().in_turn(timezone.localdate(now))
        if chosen.state:
            found = found.filter(state=chosen.state)
    shown = found.select_related("account__official", "account__position", "agency")
    return list(shown.prefetch_related("steps")[:most])


def _reached(chosen: Selection) -> ProvisioningJobQuerySet:
    jobs = ProvisioningJob.objects.filter(agency__in=chosen.agencies)
    if chosen.batch is not None:
        officials = ImportRow.objects.filter(batch=chosen.batch, official__isnull=False)
        jobs = jobs.filter(account__official__in=officials.values("official"))
    return jobs


def _says(words: str) -> Q:
    """Every word is in the name, or in the address."""
    asked = Q()
    for word in words.replace("\0", " ").split()[:6]:
        asked &= (
            Q(account__address__icontains=word)
            | Q(account__official__given_name_th__icontains=word)
            | Q(account__official__family_name_th__icontains=word)
            | Q(account__official__given_name_en__icontains=word)
            | Q(account__official__family_name_en__icontains=word)
        )
    return asked


def sentence_of(words: str) -> str:
    """What a row says of a failure, in the reader's language.

    The queue keeps our own sentences in English, and of anything else one word: its kind.
    """
    if not words or " " in words:
        return gettext(words) if words else ""
    said = gettext(
        "Something went wrong inside the portal (%(kind)s); its log tells operators more."
    )
    return said % {"kind": words}


def owed_step(steps: Iterable[ProvisioningStep]) -> ProvisioningStep | None:
    """The step a job is at: the first one that is not done."""
    return next((each for each in steps if each.done_at is None), None)
