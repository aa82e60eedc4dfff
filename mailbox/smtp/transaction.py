"""One transaction: MAIL, its RCPTs, and the message once the caller has written it down.

Where the server takes commands in one packet (PIPELINING, RFC 2920) they go in
one, and the message goes as one counted chunk where it can (CHUNKING, RFC 3030).
Until the last octet of the message is sent nothing is in doubt: a server must not
deliver what did not end (RFC 5321 §4.1.1.4). From then on a silence is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from mailbox.smtp.content import Content
from mailbox.smtp.session import OF_US, Session, heard, unheard, why_broken
from mailbox.smtp.verdicts import OutOfReach, Reason, Verdict, because
from mailbox.smtp.wire import Broken, Garbled, Reply, TimedOut

# Seconds for MAIL and all RCPTs together: a server that drips must not hold a worker.
PATIENCE = 600.0
# So many RCPTs in one packet that their answers surely fit where they wait (RFC 2920 §3.1).
_IN_ONE_GO = 50
# Longer ones RFC 5321 §4.5.3.1.3 forbids; the others would end the command or the path.
_LONGEST_PATH = 254
_UNSPEAKABLE = re.compile("[\x00-\x20<>\x7f-\x9f\u2028\u2029\ud800-\udfff]")

AboutToSend = Callable[[Sequence[str]], None]
# A line to be said, and what hears its answer.
_Command = tuple[bytes, Callable[[Reply], None]]


class _HungUp(Exception):
    """421: the server ends the connection, whatever it was asked (RFC 5321 §3.8)."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__()


def written_down(accepted: Sequence[str]) -> None:
    """Say that everybody is written down already (P9): then DATA need not wait for RCPT."""


@dataclass(frozen=True)
class Letter:
    """What is handed over; about_to_send is called with those accepted, before DATA."""

    content: Content
    sender: str
    recipients: Sequence[str]
    about_to_send: AboutToSend


class Transaction:
    """One letter on one session; fills `verdicts` as the server speaks."""

    def __init__(self, session: Session, letter: Letter, size_limit: int | None = None) -> None:
        self.session = session
        self.letter = letter
        self.size_limit = size_limit
        self.verdicts: dict[str, Verdict] = {}
        self.accepted: list[str] = []
        self._is_answered = False  # MAIL
        self._is_refused = False
        self._refusal_of_us: Verdict | None = None
        self._go_ahead: Reply | None = None  # to a DATA said early

    def carry_out(self) -> dict[str, Verdict]:
        """Return one verdict for every recipient.

        Raises OutOfReach while MAIL has no answer that speaks of the message; what
        `about_to_send` raises passes through, with nothing sent.
        """
        paths = self._paths()
        if paths:
            self._envelope(paths)
        if self.accepted:
            verdict = self._message()
            self.verdicts |= dict.fromkeys(self.accepted, verdict)
            if verdict.accepted:
                self._others_follow()
        elif self._go_ahead is not None and self._go_ahead.code == 354:
            self._nothing_for_nobody()
        return {recipient: self.verdicts[recipient] for recipient in self.letter.recipients}

    # --- Before the server is asked --------------------------------------------

    def _paths(self) -> dict[str, bytes]:
        """The recipients this server can be told about, as they are said; others get a verdict."""
        refusal = self._refusal_of_our_own()
        speaks_utf8 = "smtputf8" in self.session.features
        sender = path_of(self.letter.sender, speaks_utf8) if self.letter.sender else b""
        if refusal is None and isinstance(sender, Verdict):
            refusal = replace(sender, reason=Reason.SENDER_REFUSED, enhanced="5.1.7")
        if refusal is not None or isinstance(sender, Verdict):
            self._rest(refusal or because(Reason.INTERNAL, code=451))
            return {}
        paths: dict[str, bytes] = {}
        for recipient in self.letter.recipients:
            path = path_of(recipient, speaks_utf8)
            if isinstance(path, Verdict):
                self.verdicts[recipient] = path
            else:
                paths[recipient] = path
        self._mail = b"MAIL FROM:<%b>%b\r\n" % (sender, self._options([sender, *paths.values()]))
        return paths

    def _refusal_of_our_own(self) -> Verdict | None:
        """What the server would say, before anything is sent to it."""
        content, features = self.letter.content, self.session.features
        offered = features.get("size", "")
        limits = [int(offered)] if offered.isdecimal() and int(offered) else []
        limits += [self.size_limit] if self.size_limit else []
        if not content.is_fit:
            return Verdict(554, "", "5.6.0", Reason.UNFIT)
        if not content.is_ascii and "8bitmime" not in features:
            return Verdict(554, "", "5.6.3", Reason.NO_8BIT)
        if limits and len(content.octets) > min(limits):
            words = f"{len(content.octets)} octets; the gateway takes {min(limits)}"
            return Verdict(552, words, "5.3.4", Reason.TOO_LARGE)
        return None

    def _options(self, paths: Sequence[bytes]) -> bytes:
        """RFC 1870, 6152 and 6531.

        A header in UTF-8, to plain addresses, goes as eight bits where RFC 6531 is not
        known: nearly all read it, and a refusal would punish those who have no part in it.
        """
        content, features = self.letter.content, self.session.features
        options = b" SIZE=%d" % len(content.octets) if "size" in features else b""
        if not content.is_ascii:
            options += b" BODY=8BITMIME"
        if "smtputf8" in features and not (content.has_ascii_header and b"".join(paths).isascii()):
            options += b" SMTPUTF8"
        return options

    # --- MAIL and RCPT ------------------------------------------------------------

    def _envelope(self, paths: dict[str, bytes]) -> None:
        """Say MAIL and every RCPT, and hear who is accepted."""
        session = self.session
        commands: list[_Command] = [(self._mail, self._begun)]
        if session.is_dirty:
            commands.insert(0, (b"RSET\r\n", _ignored))
        for who, path in paths.items():
            commands.append((b"RCPT TO:<%b>\r\n" % path, partial(self._recipient, who)))
        if self._may_say_data_early():
            commands.append((b"DATA\r\n", self._may_go_ahead))
        session.is_dirty = True
        try:
            self._speak(commands)
        except Broken as error:
            session.is_over = True
            self._lost(_lost_before(error))
        except _HungUp as goodbye:
            session.is_over = True
            self._lost(unheard(goodbye.reply))
        if self._refusal_of_us is not None:
            raise OutOfReach(self._refusal_of_us)

    @property
    def _is_written(self) -> bool:
        return self.letter.about_to_send is written_down

    def _may_say_data_early(self) -> bool:
        features = self.session.features
        return self._is_written and "pipelining" in features and "chunking" not in features

    @property
    def _patience(self) -> float:
        """Seconds for MAIL and all RCPTs. Where everybody is written down before, nobody looks
        at the lease again before DATA: what drips must end well within it.
        """
        return self.session.clock.patience * 2 if self._is_written else PATIENCE

    def _speak(self, commands: Sequence[_Command]) -> None:
        deadline = time.monotonic() + self._patience
        wire = self.session.wire
        at_once = _IN_ONE_GO if "pipelining" in self.session.features else 1
        for start in range(0, len(commands), at_once):
            if self._is_refused:
                return
            group = commands[start : start + at_once]
            wire.send(b"".join([line for line, _ in group]))
            for _, hear in group:
                if time.monotonic() > deadline:
                    raise TimedOut("too slow")
                reply = wire.reply()
                if reply.code == 421:
                    raise _HungUp(reply)
                hear(reply)

    def _begun(self, reply: Reply) -> None:
        """The answer to MAIL."""
        if 300 <= reply.code < 400:
            raise Garbled("an answer to something else")
        self._is_answered = True
        self._is_refused = not reply.is_good
        if self._is_refused and (verdict := heard(reply)).reason in OF_US:
            self._refusal_of_us = verdict
        elif self._is_refused:
            self._rest(verdict)

    def _recipient(self, recipient: str, reply: Reply) -> None:
        """The answer to one RCPT; after a refused MAIL it says nothing."""
        if self._is_refused:
            return
        if 300 <= reply.code < 400:
            raise Garbled("an answer to something else")
        if reply.is_good:
            self.accepted.append(recipient)
        else:
            self.verdicts[recipient] = heard(reply)

    def _may_go_ahead(self, reply: Reply) -> None:
        self._go_ahead = reply

    def _lost(self, verdict: Verdict) -> None:
        """Nobody is sent to any more; before MAIL is answered nothing had even begun."""
        self.accepted = []
        if self._is_answered:
            self._rest(verdict)
        else:
            self._refusal_of_us = verdict

    # --- The message ----------------------------------------------------------------

    def _message(self) -> Verdict:
        """Send it, and hear what became of it."""
        session = self.session
        # Over, until it is known to be in step: also when the caller's own part fails.
        session.is_over = True
        if self._go_ahead is None:
            self.letter.about_to_send(self.accepted)
        try:
            refusal = self._send()
        except Broken as error:
            reply = session.wire.last_words()
            if reply is not None and reply.code >= 400:
                return heard(reply)
            return _lost_before(error)
        if refusal is not None:
            session.is_over = refusal.code == 421
            return heard(refusal)
        return self._outcome()

    def _send(self) -> Reply | None:
        """Send all of the message; return the answer to DATA where that was a refusal."""
        wire, content = self.session.wire, self.letter.content
        if "chunking" in self.session.features:
            octets = content.for_bdat()
            wire.send(b"BDAT %d LAST\r\n%b" % (len(octets), octets))
            return None
        reply = self._go_ahead
        if reply is None:
            wire.send(b"DATA\r\n")
            reply = wire.reply()
        if reply.is_good:
            raise Garbled("DATA was answered like a message")
        if reply.code >= 400:
            return reply
        wire.send(content.for_data())
        return None

    def _outcome(self) -> Verdict:
        session = self.session
        try:
            reply = session.wire.reply(session.clock.after_content)
        except Broken as error:
            return because(Reason.LOST_AFTER, str(error), in_doubt=True)
        if 300 <= reply.code < 400:
            return because(Reason.LOST_AFTER, "an answer to something else", in_doubt=True)
        session.is_over = reply.code == 421
        session.is_dirty = not reply.is_good
        session.carried += 1
        return heard(reply)

    def _nothing_for_nobody(self) -> None:
        """A server that waits for a message though it took no recipient: end it (RFC 2920 §3.1)."""
        try:
            self.session.wire.send(b".\r\n")
            self.session.wire.reply()
        except Broken:
            self.session.is_over = True

    def _others_follow(self) -> None:
        """Who was one too many has not been tried: as some were taken, they come next."""
        for recipient, verdict in self.verdicts.items():
            if verdict.reason == Reason.TOO_MANY_RECIPIENTS:
                self.verdicts[recipient] = replace(verdict, wait=timedelta())

    def _rest(self, verdict: Verdict) -> None:
        for recipient in self.letter.recipients:
            self.verdicts.setdefault(recipient, verdict)


def path_of(address: str, speaks_utf8: bool) -> bytes | Verdict:
    """An address as it is said, or why it cannot be.

    Nothing that could end the path or the command passes (RFC 5321 §4.1.2); a domain
    beyond ASCII has a second name that all know (IDNA).
    """
    if not address or len(address) > _LONGEST_PATH or _UNSPEAKABLE.search(address):
        return Verdict(553, "", "5.1.3", Reason.BAD_ADDRESS)
    if address.isascii() or speaks_utf8:
        return address.encode()
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}".encode("ascii") + domain.encode("idna")
    except UnicodeError:
        return Verdict(553, "", "5.6.7", Reason.NO_UTF8)


def _lost_before(error: Broken) -> Verdict:
    verdict = why_broken(error)
    lost = verdict.reason == Reason.NOT_GREETED
    return replace(verdict, reason=Reason.LOST_BEFORE) if lost else verdict


def _ignored(reply: Reply) -> None:
    """RSET cannot fail in a way that MAIL would not tell (RFC 5321 §4.1.1.5)."""
