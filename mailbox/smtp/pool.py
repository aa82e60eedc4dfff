"""Warm connections to gateways, kept by one process and lent to one transaction at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence

from mailbox.smtp.content import Content
from mailbox.smtp.gateway import AboutToSend, SmtpGateway
from mailbox.smtp.session import Session
from mailbox.smtp.transaction import Letter, Transaction
from mailbox.smtp.verdicts import OutOfReach, Verdict


class Pool:
    """Connections by gateway value: a changed row is another value, and another connection.

    most_idle_seconds: what lay longer is closed, not used. most_messages: how many one
    connection carries before it is closed politely. A forked child begins with none: two
    processes that speak on one connection would hear each other's answers.
    """

    def __init__(self, most_idle_seconds: float = 30, most_messages: int = 200) -> None:
        self.most_idle_seconds = most_idle_seconds
        self.most_messages = most_messages
        self._idle: dict[SmtpGateway, list[Session]] = {}
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._looked_at = time.monotonic()

    def hand_over(
        self,
        gateway: SmtpGateway,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        """As `SmtpGateway.hand_over`, over a warm connection where there is one.

        A warm one that turns out dead before MAIL is answered is replaced by a fresh one,
        once; never later, when the message might have been taken.
        """
        letter = Letter(Content.of(message), sender, recipients, about_to_send)
        session = self._take(gateway)
        if session is not None:
            try:
                return self._carry_out(gateway, session, letter)
            except OutOfReach:
                session.close()
        return self._carry_out(gateway, gateway.connect(), letter)

    def close_idle(self, now: float | None = None) -> None:
        """Say goodbye to what lay idle too long; now: seconds of `time.monotonic()`."""
        oldest = (time.monotonic() if now is None else now) - self.most_idle_seconds
        self._close(oldest)

    def close(self) -> None:
        """Say goodbye on every connection."""
        self._close(float("inf"))

    def __len__(self) -> int:
        """How many connections lie idle."""
        with self._own():
            return sum(map(len, self._idle.values()))

    def _carry_out(
        self, gateway: SmtpGateway, session: Session, letter: Letter
    ) -> dict[str, Verdict]:
        try:
            verdicts = Transaction(session, letter, gateway.size_limit).carry_out()
        except BaseException:
            # Where it stands is not known for sure: never lend it again.
            session.close()
            raise
        self._put_back(gateway, session)
        return verdicts

    def _take(self, gateway: SmtpGateway) -> Session | None:
        now = time.monotonic()
        if now - self._looked_at > 1:
            self._looked_at = now
            self.close_idle(now)
        while True:
            with self._own():
                waiting = self._idle.get(gateway)
                session = waiting.pop() if waiting else None
            if session is None:
                return None
            if now - session.used_at <= self.most_idle_seconds and session.wire.is_quiet():
                return session
            session.close()

    def _put_back(self, gateway: SmtpGateway, session: Session) -> None:
        if session.is_over or session.carried >= self.most_messages:
            session.quit(wait=0)
            return
        session.used_at = time.monotonic()
        with self._own():
            self._idle.setdefault(gateway, []).append(session)

    def _close(self, oldest: float) -> None:
        with self._own():
            late = [
                session
                for sessions in self._idle.values()
                for session in sessions
                if session.used_at < oldest
            ]
            kept = {
                gateway: [session for session in sessions if session.used_at >= oldest]
                for gateway, sessions in self._idle.items()
            }
            self._idle = {gateway: sessions for gateway, sessions in kept.items() if sessions}
        for session in late:
            session.quit(wait=0)

    def _own(self) -> threading.Lock:
        """The lock, after letting go of what a parent process had open."""
        if os.getpid() != self._process:
            for sessions in self._idle.values():
                for session in sessions:
                    session.close()
            self._idle, self._lock, self._process = {}, threading.Lock(), os.getpid()
        return self._lock
