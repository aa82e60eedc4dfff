"""The people of the tests, and how they sign in.

Amina and Bruno serve one ministry; Chiara another, and must see nothing of
theirs; Hana is the HR officer of the first: she looks after people and reads
nobody's mail. Each has a mailbox and an authenticator app.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Account, Agency, AgencyDomain, Official, Position, TotpDevice
from accounts.people import directory
from accounts.people.roles import HR_OFFICER
from accounts.signing_in import sealing, sessions, totp
from mailbox.filing.mailboxes import open_mailbox
from mailbox.models import Mailbox

PASSWORD = "three old boats on the wide river"
SECRET = b"12345678901234567890"  # RFC 6238, appendix B


@dataclass(frozen=True)
class Cast:
    """Everybody, with a mailbox each; `transport` is Amina's, Bruno's and Hana's ministry."""

    transport: Agency
    interior: Agency
    amina: Account
    bruno: Account
    chiara: Account
    hana: Account

    def mailbox_of(self, account: Account) -> Mailbox:
        return Mailbox.objects.get(account=account)


def gather() -> Cast:
    """Make the cast; needs a keyring with the storage key."""
    transport = agency("กระทรวงคมนาคม", "Ministry of Transport", "คค", "transport.example")
    interior = agency("กระทรวงมหาดไทย", "Ministry of Interior", "มท", "interior.example")
    hana = person("hana", transport, "หทัย ใจดี", "Hana Jaidee", post=("นักทรัพยากรบุคคล", "HR officer"))
    hana.is_staff = True
    hana.save(update_fields=["is_staff"])
    hana.groups.add(Group.objects.get(name=HR_OFFICER))
    return Cast(
        transport=transport,
        interior=interior,
        amina=person(
            "amina",
            transport,
            "อามีนา แสงทอง",
            "Amina Saengthong",
            post=("ผู้อำนวยการกองแผนงาน", "Director of Planning"),
        ),
        bruno=person(
            "bruno",
            transport,
            "บรูโน่ วงศ์สกุล",
            "Bruno Wongsakul",
            post=("วิศวกรโยธา", "Civil engineer"),
        ),
        chiara=person(
            "chiara",
            interior,
            "เคียร่า มั่นคง",
            "Chiara Mankhong",
            post=("นักวิเคราะห์นโยบาย", "Policy analyst"),
        ),
        hana=hana,
    )


def agency(name_th: str, name_en: str, code: str, domain: str) -> Agency:
    made = Agency.objects.create(
        kind=Agency.Kind.MINISTRY,
        name_th=name_th,
        name_en=name_en,
        letter_code=code,
        state=Agency.State.LIVE,
    )
    AgencyDomain.objects.create(agency=made, domain=domain)
    return made


def person(
    name: str, agency: Agency, name_th: str, name_en: str, *, post: tuple[str, str]
) -> Account:
    """Make an official with a post, an active account, an authenticator app and a mailbox."""
    given_th, family_th = name_th.split()
    given_en, family_en = name_en.split()
    official = Official.objects.create(
        given_name_th=given_th,
        family_name_th=family_th,
        given_name_en=given_en,
        family_name_en=family_en,
    )
    position = Position.objects.create(agency=agency, title_th=post[0], title_en=post[1])
    official.assignments.create(position=position)
    account = Account(
        address=f"{name}@{agency.domains.get().domain}",
        agency=agency,
        official=official,
        state=Account.State.ACTIVE,
        language="en",
    )
    account.password = _hash_of_the_password()
    account.save()
    give_app(account)
    open_mailbox(account, [account.address])
    directory.list_again([account])
    return account


def give_app(account: Account) -> TotpDevice:
    """Give an account the authenticator app whose secret every test knows."""
    sealed = sealing.seal_secret(SECRET, account)
    return TotpDevice.objects.create(user=account, name="app", sealed_secret=sealed)


def code_now(*, steps: int = 0) -> str:
    """The code the app shows now, or some steps of 30 seconds from now."""
    return totp.code_at(SECRET, totp.step_at(datetime.now(UTC)) + steps)


def sign_in(client: Client, account: Account) -> None:
    """Pass both factors by the real forms, as a browser without scripts does."""
    # A code opens once; a test may sign in twice within its half minute.
    TotpDevice.objects.filter(user=account).update(last_step=-1)
    first = client.post(reverse("account_login"), {"login": account.address, "password": PASSWORD})
    assert first.status_code == 302, first.content.decode()
    second = client.post(reverse("accounts:second-factor"), {"code": code_now()})
    assert second.status_code == 302, second.content.decode()


def signed_in(account: Account, **headers: Any) -> Client:
    """Return a client whose session has passed both factors, without the forms: quick."""
    client = Client(**headers)
    client.force_login(account)
    session = client.session
    sessions.begin(session, browser="", network_address="127.0.0.1", now=timezone.now())
    device = TotpDevice.objects.get(user=account, confirmed=True)
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


@cache
def _hash_of_the_password() -> str:
    return make_password(PASSWORD)
