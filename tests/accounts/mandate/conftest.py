from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from accounts.mandate import reminders
from accounts.models import Account
from tests.accounts.mandate.scene import Letter, only_our_proofs


@pytest.fixture(autouse=True)
def _ours() -> Iterator[None]:
    with only_our_proofs():
        yield


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Letter]]:
    """What a sender was given, in place of the mail's own."""
    sent: list[Letter] = []

    def send(account: Account, subject: str, text: str, now: datetime) -> None:
        sent.append((account, subject, text))

    monkeypatch.setattr(reminders, "_SENDERS", [send])
    yield sent
