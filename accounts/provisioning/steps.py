"""The steps of opening an account: each app hangs its own on, by name and order.

`accounts` never imports the mail; so the mail registers here, from its `apps.py`, what an
account needs of it. A step runs inside the transaction that also marks it done, so that what
it writes to the database happens once; whatever it does elsewhere must be idempotent.

Ours: "directory" (30), "account" (50). The mail's: "mailbox" (20), "welcome" (40).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from govmail_portal.errors import PortalError


class Part(Protocol):
    def __call__(self, account: Account, *, now: datetime) -> None: ...


@dataclass(frozen=True)
class Step:
    """A step: its name in the rows, its place, what it does, and what takes it back."""

    name: str
    order: int
    part: Part


class NotYet(PortalError):
    """A step cannot be done now, through nobody's fault: come again, without counting a failure.

    message: what it waits for, for the page; wait: when to look again.
    """

    message = _("This waits for another part of the portal.")

    def __init__(
        self, message: str | Promise | None = None, *, wait: timedelta = timedelta(minutes=1)
    ) -> None:
        super().__init__(message)
        self.wait = wait


_STEPS: dict[str, Step] = {}
_UNDOING: dict[str, Part] = {}


def step(name: str, *, order: int) -> Callable[[Part], Part]:
    """Hang a step on: `@step("mailbox", order=20) def part(account, *, now) -> None`.

    It may raise a PortalError, whose sentence the page shows, or NotYet; any other exception
    is shown by its kind and logged. Either way it is tried again, later and later.
    """

    def hang(part: Part) -> Part:
        if name in _STEPS and _STEPS[name].part is not part:
            raise ValueError(name)
        _STEPS[name] = Step(name, order, part)
        return part

    return hang


def undoes(name: str) -> Callable[[Part], Part]:
    """Hang on what takes a finished step back, when its job is cancelled; idempotent, too."""

    def hang(part: Part) -> Part:
        _UNDOING[name] = part
        return part

    return hang


def in_order() -> list[Step]:
    """Every step, the first one first."""
    return sorted(_STEPS.values(), key=lambda each: (each.order, each.name))


def undoing(name: str) -> Part | None:
    """What takes this step back, if anything must."""
    return _UNDOING.get(name)
