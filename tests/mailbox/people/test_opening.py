"""Opening an account whole: the steps of accounts and of the mail, as a worker does them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, AuditEvent, ProvisioningJob, Source, SourceRecord
from accounts.people import standing
from accounts.provisioning import queue
from mailbox import opening
from mailbox.filing import spares
from mailbox.filing.absences import Texts
from mailbox.models import Mailbox, Message, Vacation
from mailbox.opening import mailbox_key
from mailbox.people.opening import open_mailbox_of, welcome
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.standing import absences
from tests.accounts.provisioning.newcomers import agency, newcomer
from tests.cast import Cast

pytestmark = pytest.mark.django_db
# Of these two begin and end the transaction, and one claims the job before it.
MOST_STATEMENTS = 35


@pytest.fixture
def now() -> datetime:
    cache.clear()
    return timezone.now()


def opened(account: Account, now: datetime) -> ProvisioningJob:
    job = queue.request(account, queue_class=2, must_be_done_by=None, now=now)
    queue.work(ProvisioningJob.objects.get(pk=job.pk), now=now)
    return ProvisioningJob.objects.get(pk=job.pk)


def text_of_the_welcome(account: Account) -> str:
    message = Message.objects.get(mailbox__account=account)
    return opening.open_rendition(message, mailbox_key(message.mailbox)).text


def test_an_account_is_opened_in_few_statements_and_nothing_is_left_out(
    keyring: StoredKeyring, key_set: dict[Role, StoredKeyring], now: datetime
) -> None:
    at = agency()
    spares.fill(3)
    with using(key_set["worker"]):
        opened(newcomer(at), now)
        account = newcomer(at)
        job = queue.request(account, queue_class=2, must_be_done_by=None, now=now)
        job = ProvisioningJob.objects.get(pk=job.pk)
        with CaptureQueriesContext(connection) as asked:
            queue.work(job, now=now)

    job.refresh_from_db()
    assert job.state == ProvisioningJob.State.DONE
    assert Account.objects.get(pk=account.pk).is_active
    assert Mailbox.objects.get(account=account).addresses.get().address == account.address
    assert account.address in text_of_the_welcome(account)
    assert AuditEvent.objects.filter(act="account_opened", object_id=f"{account.pk}").exists()
    statements = [each["sql"][:120] for each in asked]
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)


def test_without_a_spare_mailbox_the_job_says_what_it_waits_for(
    keyring: StoredKeyring, key_set: dict[Role, StoredKeyring], now: datetime
) -> None:
    job = queue.request(newcomer(agency()), queue_class=2, must_be_done_by=None, now=now)
    job = ProvisioningJob.objects.get(pk=job.pk)
    with using(key_set["worker"]), pytest.raises(queue.steps.NotYet) as waits:
        queue.work(job, now=now)
    queue.put_off(job, waits.value, now=now)

    job.refresh_from_db()
    assert job.attempts == 0 and "keyholder" in job.steps.get(name="mailbox").last_error


def test_whom_the_directory_signs_in_is_told_so(cast: Cast, now: datetime) -> None:
    source = Source.objects.create(
        agency=cast.transport, kind=Source.Kind.LDAP, name="ldap", settings={"signs_in": True}
    )
    SourceRecord.objects.create(source=source, key="1", official=cast.amina.official, seen_at=now)
    for account in (cast.amina, cast.bruno):
        welcome(account, now=now)

    assert "the password of your agency" in text_of_the_welcome(cast.amina)
    assert "password" not in text_of_the_welcome(cast.bruno)


def test_who_comes_back_is_no_longer_said_to_have_left(cast: Cast, now: datetime) -> None:
    box = cast.mailbox_of(cast.amina)
    texts = Texts(inside="ลาออก", outside="ลาออก")
    absences.begin_official(box, texts, ends_at=now.replace(year=now.year + 1), now=now)
    open_mailbox_of(cast.amina, now=now)

    assert not Vacation.objects.filter(mailbox=box).exists()


def test_an_account_suspended_while_it_waited_has_no_open_mailbox(
    keyring: StoredKeyring, now: datetime
) -> None:
    account = newcomer(agency())
    job = queue.request(account, queue_class=2, must_be_done_by=None, now=now)
    standing.suspend(account, now=now)
    queue.work(ProvisioningJob.objects.get(pk=job.pk), now=now)

    assert not Mailbox.objects.filter(account=account, is_open=True).exists()
