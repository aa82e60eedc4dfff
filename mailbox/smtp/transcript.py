"""A rehearsal: everything a gateway is asked before a message, step by step, and no message."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace

from mailbox.smtp.gateway import SmtpGateway
from mailbox.smtp.session import Session
from mailbox.smtp.steps import Step, StepName
from mailbox.smtp.transaction import path_of
from mailbox.smtp.verdicts import OutOfReach, Verdict

__all__ = ["Step", "StepName", "rehearse"]

_LONGEST_ANSWER = 2000
_MASK = "****"


def rehearse(gateway: SmtpGateway, *, sender: str, recipient: str) -> list[Step]:
    """Go through a transaction up to RCPT, and take it back; never raises OutOfReach, never says
    DATA. The last step that is not ok is where it ended; passwords appear nowhere.
    """
    steps: list[Step] = []
    try:
        session = gateway.connect(steps.append)
        try:
            _transaction(session, sender, recipient)
        finally:
            session.close()
    except OutOfReach as failure:
        if not steps or steps[-1].ok:
            # It was we who stopped: nothing that the gateway said tells why.
            why = " ".join(filter(None, (failure.verdict.reason.value, failure.verdict.text)))
            steps.append(Step(_stopped_at(steps), "", why, 0.0, ok=False))
    secrets = _secrets(gateway)
    return [replace(step, answered=_masked(step.answered, secrets)) for step in steps]


def _transaction(session: Session, sender: str, recipient: str) -> None:
    """Each command by itself, so that each has its own seconds."""
    if session.ask(StepName.MAIL, f"MAIL FROM:<{_path(session, sender)}>").is_good:
        session.ask(StepName.RCPT, f"RCPT TO:<{_path(session, recipient)}>")
        session.ask(StepName.RSET, "RSET")
    session.ask(StepName.QUIT, "QUIT")


def _path(session: Session, address: str) -> str:
    path = path_of(address, "smtputf8" in session.features)
    if isinstance(path, Verdict):
        raise OutOfReach(path)
    return path.decode()


def _stopped_at(steps: list[Step]) -> StepName:
    """The step that would have been next."""
    last = steps[-1].name if steps else None
    if last is None:
        return StepName.CONNECT
    if last in (StepName.EHLO, StepName.EHLO_AGAIN):
        return StepName.AUTH
    if last == StepName.AUTH:
        return StepName.MAIL
    return StepName.RCPT if last == StepName.MAIL else StepName.TLS


def _secrets(gateway: SmtpGateway) -> list[str]:
    """The password, and every shape in which it is said: an odd server may echo it."""
    if not gateway.password:
        return []
    name, word = gateway.username, gateway.password
    said = (word, f"\0{name}\0{word}", f"user={name}\x01auth=Bearer {word}\x01\x01")
    shapes = [base64.b64encode(each.encode(errors="replace")).decode() for each in said]
    return sorted({word, *shapes}, key=len, reverse=True)


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, _MASK)
    return text[:_LONGEST_ANSWER]
