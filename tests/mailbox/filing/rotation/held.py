"""What lies under keys: mailboxes with a letter's key each, and the command that moves them."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command
from django.utils import translation

from accounts.models import Account, Agency
from mailbox import opening
from mailbox.filing.mailboxes import open_mailbox
from mailbox.models import Mailbox
from mailbox.sealing import hpke, infos

SECRET = b"12345678901234567890"
LETTER = b"the key of a letter, 32 bytes...."


def new_mailboxes(count: int) -> dict[Mailbox, bytes]:
    """Mailboxes, each with a letter's key sealed to it."""
    made = [open_mailbox(None, [f"box{number}@agency.example"]) for number in range(count)]
    info = infos.for_content(made[0].pk, made[0].pk)
    return {mailbox: hpke.seal(LETTER, mailbox.public_key, info=info) for mailbox in made}


def all_open(letters: dict[Mailbox, bytes]) -> bool:
    """Whether every mailbox's letter opens, by what the tables say now."""
    info = infos.for_content(next(iter(letters)).pk, next(iter(letters)).pk)
    return all(
        hpke.unseal(sealed, opening.mailbox_key(Mailbox.objects.get(pk=mailbox.pk)), info=info)
        == LETTER
        for mailbox, sealed in letters.items()
    )


def new_account() -> Account:
    agency = Agency.objects.create(name_th="สำนักงานทดสอบ")
    return Account.objects.create_user("dara@agency.example", agency=agency)


def told(*arguments: str) -> str:
    """What the command says, in English."""
    out = StringIO()
    with translation.override("en"):
        call_command("keyring", *arguments, stdout=out)
    return out.getvalue()
