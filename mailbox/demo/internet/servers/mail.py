"""SMTP (port 25, submission) and IMAP, as far as a probe and a test letter talk with them."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence

from mailbox.demo.internet.servers.doors import Door
from mailbox.demo.internet.servers.lines import Lines

Context = Callable[[], ssl.SSLContext]


def smtp(door: Door, lines: Lines, context: Context) -> None:
    talk, within, path = door.talk, False, ("", "")
    lines.say(talk.greeting)
    while True:
        line = lines.next()
        verb = line.partition(" ")[0].upper()
        if verb in ("MAIL", "RCPT"):
            path = _with(path, line)
        if verb in ("EHLO", "HELO"):
            lines.say(*_ehlo(talk.ehlo_within if within else talk.ehlo))
        elif verb == "STARTTLS" and not within and "STARTTLS" in talk.ehlo:
            lines.say("220 2.0.0 Ready to start TLS")
            if talk.hangs_up:
                return
            lines.start_tls(context(), keep=talk.keeps_what_came_before)
            within = True
        elif verb == "DATA" and door.onward:
            lines.say("354 End with a dot")
            lines.say(_passed_on(door.onward, path, _message(lines)))
        elif verb == "QUIT":
            lines.say("221 2.0.0 Bye")
            return
        else:
            lines.say(_REPLIES.get(verb, "500 5.5.1 Unknown command"))


_REPLIES = {
    "NOOP": "250 2.0.0 OK",
    "RSET": "250 2.0.0 OK",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "AUTH": "535 5.7.8 Nobody has an account here",
}


def _with(path: tuple[str, str], line: str) -> tuple[str, str]:
    """Sender and recipient, as far as they have been said."""
    said = line.partition("<")[2].partition(">")[0]
    return (said, "") if line[:4].upper() == "MAIL" else (path[0], said)


def _message(lines: Lines) -> bytes:
    """What comes before the dot, its own dots halved."""
    said: list[str] = []
    while (line := lines.next()) != ".":
        said.append(line.removeprefix("."))
    return "".join(f"{line}\r\n" for line in said).encode("latin-1")


def _passed_on(port: int, path: tuple[str, str], message: bytes) -> str:
    """The portal's answer, whose mailboxes these are."""
    sender, recipient = path
    try:
        with smtplib.LMTP("127.0.0.1", port, timeout=20) as portal:
            portal.sendmail(sender, [recipient], message)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = refused.recipients[recipient]
        return f"{code} {words.decode('ascii', 'replace')}"
    except (OSError, smtplib.SMTPException):
        return "451 4.4.1 The portal does not answer"
    return "250 2.0.0 Kept"


def _ehlo(extensions: Sequence[str]) -> list[str]:
    said = ["mx", *extensions]
    return [f"250-{line}" for line in said[:-1]] + [f"250 {said[-1]}"]


def imap(door: Door, lines: Lines, context: Context) -> None:
    offered = door.talk.capabilities
    lines.say(f"* OK [CAPABILITY {offered}] ready")
    while True:
        tag, verb, *_rest = [*lines.next().split(" "), "", ""]
        match verb.upper():
            case "CAPABILITY":
                lines.say(f"* CAPABILITY {offered}", f"{tag} OK done")
            case "STARTTLS":
                lines.say(f"{tag} OK begin")
                lines.start_tls(context())
                offered = "IMAP4rev1 AUTH=PLAIN"
            case "LOGOUT":
                lines.say("* BYE", f"{tag} OK done")
                return
            case _:
                lines.say(f"{tag} BAD unknown")
