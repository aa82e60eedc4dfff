"""The first key to an account: a one-time link, or a printed letter with a sealed code.

Either sets the first password, once; the second factor is set up at the first sign-in, as
always. Neither can be read anywhere: a link and a code are kept as a keyed hash only, and the
code also sealed until its letter is printed. A new key takes the place of an earlier one.
Times are aware. Letters are made and printed in the web tier, which holds the storage key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Activation, TotpDevice
from accounts.signing_in import directory_login, sealing, sessions
from govmail_portal.errors import PortalError

# Figures only: every keyboard has them, Thai ones too. Twenty are 66 bits.
CODE_FIGURES = 20
# After so many wrong codes a letter opens nothing any more (NIST SP 800-63B-4, 3.2.2).
MOST_WRONG_TRIES = 100
_FIGURES = {
    ord(thai): latin for thai, latin in zip("๐๑๒๓๔๕๖๗๘๙", "0123456789", strict=True)
} | dict.fromkeys(map(ord, " -‐‑–\u00a0\u200b\t"), None)


class NoFirstKey(PortalError):
    message = _(
        "Only an official's account that is open and was never signed in to gets a first key."
    )


class SignsInByDirectory(PortalError):
    message = _(
        "This account is signed in to with the password of its agency, by the agency's directory; "
        "it needs no first key."
    )


class WrongKey(PortalError):
    message = _("The address or the code is not right.")


class KeyIsOver(PortalError):
    message = _(
        "This key is no longer valid: it was used, replaced by a newer one, or its time is over. "
        "If it was not you who used it, tell your agency's administrator at once."
    )
    status = 410


@dataclass(frozen=True)
class OpenedLetter:
    """A letter as it is printed: the code in groups, readable this once."""

    account: Account
    code: str
    expires_at: datetime

    @property
    def last_day(self) -> date:
        """The last whole day in Thailand on which it opens the account."""
        return timezone.localdate(self.expires_at) - timedelta(days=1)


# --- Making ---------------------------------------------------------------


def in_need(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Those of these accounts that are open, wait for their official's first sign-in, and
    whose password is not their agency's directory's.

    A position mailbox has no key of its own: whoever holds the post reads it from theirs.
    """
    return _never_entered(accounts).exclude(directory_login.signing_in_by_directory())


def _never_entered(accounts: QuerySet[Account]) -> QuerySet[Account]:
    apps = TotpDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    return accounts.filter(
        state__in=Account.OPEN_STATES, official__isnull=False, first_signed_in_at__isnull=True
    ).exclude(Exists(apps))


@transaction.atomic
def make_link(account: Account, *, by: Account | None, now: datetime) -> str:
    """Return the token of a new one-time link, readable this once.

    NoFirstKey where the account is not open, or was signed in to before; SignsInByDirectory.
    """
    token = secrets.token_urlsafe(32)
    made = _make(account, Activation.Kind.LINK, digest=_digest("link", token), by=by, now=now)
    chain.record("link_made", made, by=by, now=now, agency=account.agency, details=_whose(account))
    return token


@transaction.atomic
def make_letter(account: Account, *, by: Account | None, now: datetime) -> Activation:
    """Make a letter with a code, sealed until it is printed; needs the storage key.

    Raises as `make_link` does.
    """
    code = "".join(secrets.choice("0123456789") for _each in range(CODE_FIGURES))
    digest = _digest("letter", f"{account.pk}:{code}")
    made = _make(account, Activation.Kind.LETTER, digest=digest, by=by, now=now)
    made.sealed_code = sealing.seal_secret(code.encode(), account, purpose=sealing.ACTIVATION)
    made.save(update_fields=["sealed_code"])
    chain.record(
        "letter_made", made, by=by, now=now, agency=account.agency, details=_whose(account)
    )
    return made


def _make(
    account: Account, kind: Activation.Kind, *, digest: bytes, by: Account | None, now: datetime
) -> Activation:
    # Of two officers at once one waits, and the later key is the one that is valid.
    locked = Account.objects.select_for_update(of=("self",)).filter(pk=account.pk)
    if not locked or not _waits(account):
        raise NoFirstKey
    if directory_login.signs_in_by_directory(account):
        raise SignsInByDirectory
    _void(account, now=now)
    lasts = (
        settings.ACTIVATION_LINK_LASTS
        if kind == Activation.Kind.LINK
        else settings.ACTIVATION_LETTER_LASTS
    )
    return Activation.objects.create(
        account=account, kind=kind, digest=digest, made_at=now, made_by=by, expires_at=now + lasts
    )


def _void(account: Account, *, now: datetime) -> None:
    valid = Activation.objects.valid(now).filter(account=account)
    valid.update(expires_at=now, sealed_code=None)


# --- Printing -------------------------------------------------------------


def print_letters(accounts: Iterable[Account], *, by: Account, now: datetime) -> list[OpenedLetter]:
    """Open the letters of these accounts to be printed, and forget their codes for ever.

    Where there is no letter that is sealed still, a new one is made; accounts that may have
    none are left out. A lost print is remade: the code on the lost one then opens nothing.
    """
    printed = []
    for account in accounts:
        try:
            printed.append(_print(account, by=by, now=now))
        except (NoFirstKey, SignsInByDirectory):
            continue
    return printed


@transaction.atomic
def _print(account: Account, *, by: Account, now: datetime) -> OpenedLetter:
    sealed = (
        Activation.objects.select_for_update()
        .valid(now)
        .filter(account=account, kind=Activation.Kind.LETTER, sealed_code__isnull=False)
    )
    letter = sealed.first() if _waits(account) else None
    if letter is None:
        letter = make_letter(account, by=by, now=now)
    assert letter.sealed_code is not None
    code = sealing.open_secret(letter.sealed_code, account, purpose=sealing.ACTIVATION).decode()
    Activation.objects.filter(pk=letter.pk).update(sealed_code=None, printed_at=now, printed_by=by)
    chain.record(
        "letter_printed", letter, by=by, now=now, agency=account.agency, details=_whose(account)
    )
    return OpenedLetter(account, grouped(code), letter.expires_at)


def reseal(letter: Activation) -> None:
    """Seal a letter's code anew, under the key that is active now; not saved."""
    sealed = letter.sealed_code or b""
    code = sealing.open_secret(sealed, letter.account, purpose=sealing.ACTIVATION)
    letter.sealed_code = sealing.seal_secret(code, letter.account, purpose=sealing.ACTIVATION)


def grouped(code: str) -> str:
    """Figures in fours, as they are printed."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


# --- Using ----------------------------------------------------------------


def by_link(token: str) -> Activation:
    """The activation a link stands for, valid or not; WrongKey for one that nobody made."""
    digest = _digest("link", token)
    found = Activation.objects.select_related("account__agency").filter(digest=digest).first()
    if found is None:
        raise WrongKey
    return found


def by_letter(address: str, code: str, *, now: datetime) -> Activation:
    """The activation a letter's code stands for, valid or not; a wrong code is counted: WrongKey.

    code: Latin or Thai figures, with spaces or dashes as they please.
    """
    account = Account.objects.filter(address=address.strip().lower()).first()
    figures = code.translate(_FIGURES)
    digest = _digest("letter", f"{account.pk if account else 0}:{figures}")
    found = Activation.objects.select_related("account__agency").filter(digest=digest).first()
    if found is not None:
        return found
    if account is not None:
        valid = Activation.objects.valid(now).filter(account=account, kind=Activation.Kind.LETTER)
        valid.update(wrong_tries=F("wrong_tries") + 1)
    raise WrongKey


def must_be_valid(found: Activation, *, now: datetime) -> None:
    """KeyIsOver for a key that was used, replaced, tried too often, or whose time is over.

    SignsInByDirectory where the agency's directory has come between.
    """
    over = found.used_at is not None or found.expires_at <= now
    if over or found.wrong_tries >= MOST_WRONG_TRIES or not _waits(found.account):
        raise KeyIsOver
    if directory_login.signs_in_by_directory(found.account):
        raise SignsInByDirectory


@transaction.atomic
def use(activation: Activation, *, password: str, now: datetime) -> Account:
    """Set the account's first password; the key opens nothing any more. KeyIsOver: too late.

    Of two who come with the same key one is let in, and the other is told.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=activation.account_id)
    mine = Activation.objects.valid(now).filter(pk=activation.pk, wrong_tries__lt=MOST_WRONG_TRIES)
    if not _waits(account) or not mine.update(used_at=now, sealed_code=None):
        raise KeyIsOver
    account.set_password(password)
    account.save(update_fields=["password"])
    sessions.end_all(account)
    chain.record(
        "account_activated", account, by=account, now=now, details={"kind": activation.kind}
    )
    return account


def _waits(account: Account) -> bool:
    return _never_entered(Account.objects.filter(pk=account.pk)).exists()


def _whose(account: Account) -> dict[str, str]:
    return {"address": account.address}


def _digest(kind: str, key: str) -> bytes:
    """HMAC-SHA-256; its key is in no table, so that a copy of the tables opens no account."""
    secret = hashlib.sha256(b"govmail activation" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(secret, f"{kind}:{key}".encode(), hashlib.sha256)
