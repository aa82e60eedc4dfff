"""Reminders of the mandate reach people as letters of the portal in their own mailbox."""

from __future__ import annotations

import uuid
from datetime import datetime

from accounts.mandate.reminders import sender
from accounts.models import Account
from mailbox.people.letters import put_into


@sender
def remind(account: Account, subject: str, text: str, now: datetime) -> None:
    """File a reminder; whoever has no mailbox yet is told by HR, which gets its own letter."""
    put_into(account, subject=subject, text=text, name=f"reminder-{uuid.uuid4()}", now=now)
