"""Letters in the queue; `post` sends one of Amina's, as for the tests of sending."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts.models import Account
from accounts.people.roles import MAIL_OFFICER
from tests.cast import Cast
from tests.mailbox.outbound.conftest import in_english, now, post, write

__all__ = ["in_english", "now", "post", "write"]


@pytest.fixture
def officer(cast: Cast) -> Account:
    """Bruno, as the mail officer of the Ministry of Transport."""
    return made_officer(cast.bruno)


@pytest.fixture
def stranger(cast: Cast) -> Account:
    """Chiara, as the mail officer of the Ministry of Interior."""
    return made_officer(cast.chiara)


def made_officer(account: Account) -> Account:
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    account.groups.add(Group.objects.get(name=MAIL_OFFICER))
    return account
