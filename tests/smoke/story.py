"""The story of the smoke run: the founding letter, from a browser to twenty-two recipients."""

from __future__ import annotations

import hashlib
import json
import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from govmail_portal.running import Portal
from tests.smoke import at_rest
from tests.smoke.letter import CANARIES, SUBJECT, enclosures, text
from tests.smoke.people import Letter, Login, Person

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "registrar@outside.test"
REFUSED = "refused@outside.test"
INSIDERS = 20
PATIENCE = 60.0


class Story:
    """The steps in order; each raises AssertionError with a sentence when something is wrong."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.figures: dict[str, object] = {}
        self.files = enclosures()
        self.sender: Person
        self.readers: list[Person] = []
        self.submission = ""

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "sign in", self.sign_in
        yield "write and send", self.write_and_send
        yield "outside, byte for byte", self.outside_got_it
        yield "refusal shown", self.refusal_is_shown
        yield "insiders read", self.insiders_read
        yield "answer", self.answer
        yield "reply from outside", self.reply_from_outside
        yield "without a worker", self.without_a_worker
        yield "nothing at rest", self.nothing_at_rest

    def sign_in(self) -> None:
        logins = self._logins()
        officer = next(one for one in logins if one.address == self._officer_address())
        self.sender = self._signed_in(officer)
        others = [one for one in logins if one.address != officer.address]
        agencies = list(dict.fromkeys(one.agency for one in others))
        expect(len(agencies) >= 3, f"The demo has people of {len(agencies)} agencies only.")
        expect(len(others) >= INSIDERS, f"The demo has {len(others)} other officials only.")
        # Round and round the agencies, so that all of them are among the twenty.
        queues = {a: [o for o in others if o.agency == a] for a in agencies}
        chosen: list[Login] = []
        while len(chosen) < INSIDERS:
            chosen += [queue.pop(0) for queue in queues.values() if queue]
        self.readers = [Person(self.portal.address, login) for login in chosen[:INSIDERS]]
        self.figures["agencies"] = len({login.agency for login in chosen[:INSIDERS]})

    def write_and_send(self) -> None:
        addresses = [reader.login.address for reader in self.readers]
        letter = Letter(
            to=addresses,
            cc=[OUTSIDE, REFUSED],
            subject=SUBJECT,
            text=text(),
            urgency="3",
            files=self.files,
        )
        self.submission = self.sender.send(letter)
        self.figures["insiders"] = len(addresses)

    def outside_got_it(self) -> None:
        thread = self.sender.find_thread(CANARIES["subject"], "sent")
        expect(thread is not None, "The sender's own copy is not in Sent.")
        message = self.sender.messages(str(thread))[0]
        source = self.sender.browser.get(f"/mail/message/{message}/source/").body
        arrived = wait_for(
            self._outside, "Nothing came out of the gateway for the outside address."
        )
        expect(arrived.endswith(source), "What left is not what was written, byte for byte.")
        before = arrived.removesuffix(source)
        # The demo's domains have keys of both kinds; their signatures stand above all else.
        signatures = re.findall(rb"(?m)^(?=\S)([^:\r\n]+):", before)
        expect(signatures == [b"DKIM-Signature"] * 2, "It left without its two signatures.")
        expect(b"bcc:" not in source.split(b"\r\n\r\n")[0].lower(), "The message has a Bcc field.")
        self.figures["bytes outside"] = len(arrived)

    def refusal_is_shown(self) -> None:
        def shown() -> str:
            page = self.sender.browser.get(self.submission).text
            return page if "550" in page and "5.7.1" in page else ""

        page = wait_for(shown, "The sender does not see that the gateway refused a recipient.")
        expect(REFUSED in page, "The refused address is not named.")

    def insiders_read(self) -> None:
        expected = [hashlib.sha256(data).hexdigest() for _, _, data in self.files]
        for reader in self.readers:
            reader.sign_in(self._code(reader.login))
            thread = wait_for(
                lambda reader=reader: reader.find_thread(CANARIES["subject"]),  # type: ignore[misc]
                f"{reader.login.address} does not have the letter.",
            )
            message = reader.messages(thread)[-1]
            document = reader.read(message)
            for word in ("body, Latin", "body, Thai"):
                expect(CANARIES[word] in document, f"The letter's text lacks the {word} word.")
            expect(reader.attachments(message, 3) == expected, "An enclosure's bytes have changed.")

    def answer(self) -> None:
        reader = self.readers[0]
        thread = str(reader.find_thread(CANARIES["subject"]))
        start = {"mode": "reply", "message": reader.messages(thread)[-1]}
        words = f"รับทราบ {CANARIES['reply']}"
        reader.send(Letter([self.sender.login.address], f"ตอบ: {SUBJECT}", words), start=start)
        self._wait_in_conversation(
            CANARIES["reply"], "The answer is not in the sender's conversation."
        )

    def reply_from_outside(self) -> None:
        thread = str(self.sender.find_thread(CANARIES["subject"], "sent"))
        first = self.sender.messages(thread)[0]
        source = self.sender.browser.get(f"/mail/message/{first}/source/").text
        message_id = next(
            line.split(":", 1)[1].strip()
            for line in source.splitlines()
            if line.lower().startswith("message-id:")
        )
        reply = (
            f"From: Registrar <{OUTSIDE}>\r\nTo: {self.sender.login.address}\r\n"
            "Subject: Re: letter\r\n"
            f"Message-ID: <smoke-reply@outside.test>\r\nIn-Reply-To: {message_id}\r\n"
            f"Date: Tue, 8 Jan 2008 10:00:00 +0700\r\n\r\n{CANARIES['reply from outside']}\r\n"
        )
        with smtplib.LMTP("127.0.0.1", self.portal.ports.lmtp, timeout=30) as client:
            client.sendmail(OUTSIDE, [self.sender.login.address], reply.encode())
        self._wait_in_conversation(
            CANARIES["reply from outside"], "The reply from outside is not in the conversation."
        )

    def without_a_worker(self) -> None:
        self.portal.stop_one("worker")
        reader = self.readers[1]
        words = CANARIES["after the stop"]
        self.sender.send(Letter([reader.login.address], f"หยุดแล้วเริ่ม {words}", words))
        time.sleep(1)
        expect(reader.find_thread(words) is None, "It arrived although no worker was running.")
        self.portal.start_one("worker")
        wait_for(lambda: reader.find_thread(words), "What was sent meanwhile never arrived.", 150)

    def nothing_at_rest(self) -> None:
        draft = self.sender.browser.post("/mail/compose/", [("mode", "new")])
        changes = {"subject": CANARIES["draft"], "text": CANARIES["draft"]}
        saved = self.sender.browser.submit(draft, "/send/", changes)
        expect(saved.status == 422, f"A letter to nobody was answered with {saved.status}.")
        again = self.sender.browser.get(draft.url).text
        expect(CANARIES["draft"] in again, "The draft lost its text when it could not be sent.")
        self.figures["searched"] = at_rest.search(self.portal, CANARIES.values())

    def _wait_in_conversation(self, word: str, sentence: str) -> None:
        thread = str(self.sender.find_thread(CANARIES["subject"], "sent"))

        def there() -> bool:
            return any(word in self.sender.read(m) for m in self.sender.messages(thread))

        wait_for(there, sentence)

    def _outside(self) -> bytes:
        folder = self.portal.var / "outside"
        for path in sorted(folder.rglob("new/*")) if folder.exists() else []:
            data = path.read_bytes()
            if CANARIES["subject"].encode() in data or b"GovMail-Urgency" in data:
                return data
        return b""

    def _signed_in(self, login: Login) -> Person:
        person = Person(self.portal.address, login)
        person.sign_in(self._code(login))
        return person

    def _officer_address(self) -> str:
        return str(self._demo()["officer"])

    def _logins(self) -> list[Login]:
        return [
            Login(one["address"], one["name"], one["agency"], one["password"])
            for one in self._demo()["logins"]
        ]

    def _code(self, login: Login) -> str:
        return next(str(o["code"]) for o in self._demo()["logins"] if o["address"] == login.address)

    def _demo(self) -> dict[str, list[dict[str, str]]]:
        command = [sys.executable, "manage.py", "demo_logins", "--json"]
        done = subprocess.run(
            command, cwd=ROOT, env=self.portal.environment, check=True, capture_output=True
        )
        parsed: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
        return parsed


def expect(held: bool, sentence: str) -> None:
    """Raise with the sentence unless it held."""
    if not held:
        raise AssertionError(sentence)


T = TypeVar("T")


def wait_for(question: Callable[[], T | None], sentence: str, patience: float = PATIENCE) -> T:
    """Ask again until there is an answer; raise with the sentence when patience ends."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if answer := question():
            return answer
        time.sleep(0.25)
    raise AssertionError(sentence)
