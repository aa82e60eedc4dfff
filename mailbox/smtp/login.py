"""Signing in to a gateway (RFC 4954): PLAIN, LOGIN and XOAUTH2, the secret never shown."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace

from mailbox.smtp.session import Session, unheard
from mailbox.smtp.steps import StepName
from mailbox.smtp.verdicts import OutOfReach, Reason, because
from mailbox.smtp.wire import Reply

# What "any" takes, best first; a token is only a password where nothing else is offered.
_ANY = ("plain", "login", "xoauth2")


@dataclass(frozen=True)
class Login:
    """mechanism: "any", "plain", "login" or "xoauth2" (then the password is an access token)."""

    username: str
    password: str = field(repr=False)
    mechanism: str = "any"


def sign_in(session: Session, login: Login) -> None:
    """Sign in with one mechanism, once; raises OutOfReach with LOGIN or PASSWORD.

    Nothing else is tried after a refusal: three wrong tries lock many accounts.
    """
    offered = session.features.get("auth", "").lower().split()
    wanted = _ANY if login.mechanism == "any" else (login.mechanism,)
    chosen = next((one for one in wanted if one in offered), None)
    if chosen is None:
        raise OutOfReach(because(Reason.LOGIN, f"offered: {' '.join(offered).upper() or '-'}"))
    if not _can_be_said(login):
        raise OutOfReach(because(Reason.PASSWORD))
    reply = {"plain": _plain, "login": _login, "xoauth2": _xoauth2}[chosen](session, login)
    if reply.code != 235:
        raise OutOfReach(replace(unheard(reply), reason=Reason.LOGIN))


def _can_be_said(login: Login) -> bool:
    """Control characters end a field in these mechanisms (RFC 4616 §2)."""
    text = login.username + login.password
    try:
        return min(text.encode(), default=32) >= 32
    except UnicodeError:
        return False


def _plain(session: Session, login: Login) -> Reply:
    """RFC 4616."""
    secret = _base64(f"\0{login.username}\0{login.password}")
    reply = session.ask(StepName.AUTH, f"AUTH PLAIN {secret}", "AUTH PLAIN ****")
    return session.ask(StepName.AUTH, secret, "****") if reply.code == 334 else reply


def _login(session: Session, login: Login) -> Reply:
    """draft-murchison-sasl-login: never a standard, offered by all the same."""
    reply = session.ask(StepName.AUTH, "AUTH LOGIN")
    for secret in (login.username, login.password):
        if reply.code == 334:
            reply = session.ask(StepName.AUTH, _base64(secret), "****")
    return reply


def _xoauth2(session: Session, login: Login) -> Reply:
    """Google's and Microsoft's: a refusal is a challenge, answered by an empty line."""
    token = _base64(f"user={login.username}\x01auth=Bearer {login.password}\x01\x01")
    reply = session.ask(StepName.AUTH, f"AUTH XOAUTH2 {token}", "AUTH XOAUTH2 ****")
    return session.ask(StepName.AUTH, "", "(an empty line)") if reply.code == 334 else reply


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
