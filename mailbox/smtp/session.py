"""A conversation with an SMTP server: greeting, EHLO, STARTTLS, and commands with their answers.

RFC 5321 (SMTP), 3207 (STARTTLS). What goes wrong before a transaction is
`OutOfReach`, with a verdict that never ends a delivery: a server that will not speak
to us has said nothing about a recipient.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass, replace

from mailbox.smtp.replies import WANTS_LOGIN
from mailbox.smtp.steps import Step, StepName, Watch, unwatched
from mailbox.smtp.verdicts import OutOfReach, Reason, Verdict, because, from_reply
from mailbox.smtp.wire import Broken, Garbled, Reply, TimedOut, Wire

# A dead address must leave time for the next one of the same name, and for others' letters:
# whoever has not answered the fourth SYN (RFC 6298: after 7 s) is not there.
_LONGEST_CONNECT = 10.0
_FAREWELL_SECONDS = 5.0
OF_US = (Reason.LOGIN, Reason.RELAY_DENIED)
_KNOWS_NO_EHLO = (500, 501, 502, 504)
_FEATURE = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)[ =]?(.*)")


@dataclass(frozen=True)
class Clock:
    """patience: seconds for each answer; after the message it is `after_content`."""

    patience: float

    @property
    def after_content(self) -> float:
        """RFC 5321 §4.5.3.2.6: the longest of all, for hanging up too early makes duplicates."""
        return min(self.patience * 5, 600.0)


class Session:
    """One connection and what is known of it.

    features: what EHLO offered, by keyword in lower case. carried: messages so far.
    is_dirty: a transaction is open, the next begins with RSET. is_over: of no more use.
    """

    def __init__(self, wire: Wire, local_name: str, clock: Clock, watch: Watch = unwatched) -> None:
        self.wire = wire
        self.local_name = local_name
        self.clock = clock
        self.watch = watch
        self.features: dict[str, str] = {}
        self.carried = 0
        self.used_at = 0.0
        self.is_dirty = False
        self.is_over = False

    @classmethod
    def to(
        cls, place: tuple[str, int], local_name: str, patience: float, watch: Watch = unwatched
    ) -> Session:
        """Connect to a host and port, in clear so far; raises OutOfReach."""
        began = time.monotonic()
        said = f"{place[0]} port {place[1]}"
        sock = None
        try:
            sock = socket.create_connection(place, timeout=min(patience, _LONGEST_CONNECT))
            wire, met = Wire(sock, patience), str(sock.getpeername()[0])
        except (OSError, UnicodeError) as error:
            if sock is not None:  # taken and dropped in one breath: nobody is there
                sock.close()
            words = _technical_words(error)
            watch(Step(StepName.CONNECT, said, words, time.monotonic() - began, ok=False))
            raise OutOfReach(because(Reason.UNREACHABLE, words)) from error
        watch(Step(StepName.CONNECT, said, met, time.monotonic() - began, ok=True))
        return cls(wire, local_name, Clock(patience), watch)

    def greeting(self) -> None:
        """Hear the first words (RFC 5321 §3.1)."""
        reply = self.ask(StepName.GREETING)
        if reply.code != 220:
            raise OutOfReach(unheard(reply))

    def hello(self, step: StepName = StepName.EHLO) -> None:
        """Say EHLO and learn what is offered; HELO to those who do not know it."""
        self.features = {}
        reply = self.ask(step, f"EHLO {self.local_name}")
        if reply.code in _KNOWS_NO_EHLO:
            reply = self.ask(step, f"HELO {self.local_name}")
        if not reply.is_good:
            raise OutOfReach(unheard(reply))
        for line in reply.text.decode("latin-1").split("\n")[1:]:
            if found := _FEATURE.match(line):
                key = found[1].lower()
                # Old servers say AUTH twice, once with "=": all of it counts.
                self.features[key] = f"{self.features.get(key, '')} {found[2]}".strip()

    def starttls(self, context: ssl.SSLContext, name: str) -> None:
        """Say STARTTLS; one that no longer offers it is refused, never spoken to in clear."""
        if "starttls" not in self.features:
            self.watch(Step(StepName.STARTTLS, "STARTTLS", "-", 0.0, ok=False))
            raise OutOfReach(because(Reason.NO_TLS, "STARTTLS is not offered"))
        reply = self.ask(StepName.STARTTLS, "STARTTLS")
        if reply.code != 220:
            raise OutOfReach(replace(unheard(reply), reason=Reason.NO_TLS))
        self.secure(context, name)

    def secure(self, context: ssl.SSLContext, name: str) -> None:
        """Begin TLS with a server of this name; raises OutOfReach."""
        began = time.monotonic()
        try:
            version = self.wire.secure(context, name)
        except (OSError, Broken, ValueError) as error:
            reason = Reason.NO_TLS
            if isinstance(error, ssl.SSLCertVerificationError):
                reason = Reason.CERTIFICATE
            words = _technical_words(error)
            self.watch(Step(StepName.TLS, name, words, time.monotonic() - began, ok=False))
            raise OutOfReach(because(reason, words)) from error
        shown = f"{version}; {described(self.wire.certificate)}"
        self.watch(Step(StepName.TLS, name, shown, time.monotonic() - began, ok=True))

    def ask(self, step: StepName, line: str | None = None, shown: str = "") -> Reply:
        """Say a line (None: only listen) and hear the reply; shown: the line without secrets.

        Raises OutOfReach where the connection breaks.
        """
        if line and not line.isprintable():
            raise ValueError("A command is one line of printable characters.")
        began = time.monotonic()
        try:
            if line is not None:
                self.wire.send(line.encode() + b"\r\n")
            reply = self.wire.reply()
        except Broken as error:
            self.is_over = True
            seconds = time.monotonic() - began
            self.watch(Step(step, shown or line or "", str(error), seconds, ok=False))
            raise OutOfReach(why_broken(error)) from error
        words = f"{reply.code} {reply.text.decode('utf-8', 'replace')}"
        ok = 200 <= reply.code < 400
        self.watch(Step(step, shown or line or "", words, time.monotonic() - began, ok))
        return reply

    def quit(self, wait: float = _FAREWELL_SECONDS) -> None:
        """Say QUIT, and never wait long for the answer: the verdicts are what matters."""
        try:
            if not self.is_over:
                self.wire.send(b"QUIT\r\n")
                if wait:
                    self.wire.reply(wait)
        except Broken:
            pass
        self.close()

    def close(self) -> None:
        self.is_over = True
        self.wire.close()


def why_broken(error: Broken) -> Verdict:
    """The verdict for a connection that broke before anything was begun on it."""
    reason = Reason.NOT_GREETED
    if isinstance(error, TimedOut):
        reason = Reason.TIMED_OUT
    elif isinstance(error, Garbled):
        reason = Reason.GARBLED
    return because(reason, str(error))


def heard(reply: Reply) -> Verdict:
    """The verdict of a reply within a transaction.

    A gateway that wants a login, or will not relay for us at all, has not spoken of the
    recipient: that is for its officer to mend, and never final.
    """
    verdict = from_reply(reply.code, reply.text)
    if reply.code in WANTS_LOGIN:
        verdict = replace(verdict, reason=Reason.LOGIN)
    if verdict.final and verdict.reason in OF_US:
        verdict = replace(verdict, code=verdict.code - 100)
    return verdict


def unheard(reply: Reply) -> Verdict:
    """The verdict for a refusal that is the gateway's own: 4xx for 5xx, and never final.

    An agreement where none was asked for is no code at all: nobody may take it for theirs.
    """
    code, reason = reply.code if reply.code >= 400 else 0, Reason.NOT_GREETED
    if code in WANTS_LOGIN:
        reason = Reason.LOGIN
    elif code == 421:
        reason = Reason.BUSY
    code = code - 100 if code >= 500 else code
    return replace(from_reply(code, reply.text), reason=reason)


def described(certificate: dict[str, object]) -> str:
    """The names and the last day of a certificate, in words for a mail officer."""
    found = certificate.get("subjectAltName", ())
    names = [str(name) for _, name in found] if isinstance(found, tuple) else []
    return f"certificate for {', '.join(names)} until {certificate.get('notAfter', '?')}"


def _technical_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) if isinstance(error, Broken) else type(error).__name__
