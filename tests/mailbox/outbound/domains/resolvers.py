"""A DNS server on loopback that answers from dictionaries: TXT by name, others by name and kind."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from dns import flags, message, rcode, rdatatype, rrset


class Resolver:
    """Speaks DNS over UDP. records: text by name, without a dot at the end.

    others: records of other kinds, by (name, "MX"). A name that is not there does not exist;
    is_away: it answers that it could not find out; is_silent: nothing.
    """

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.others: dict[tuple[str, str], list[str]] = {}
        self.asked: list[str] = []
        self.is_away = self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            asked, whom = self._socket.recvfrom(4096)
            if not asked:
                return
            answer = self._answer(message.from_wire(asked))
            if not self.is_silent:
                self._socket.sendto(answer.to_wire(), whom)

    def _answer(self, question: message.Message) -> message.Message:
        answer = message.make_response(question)
        answer.flags |= flags.RA
        (what,) = question.question
        name = what.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if self.is_away:
            answer.set_rcode(rcode.SERVFAIL)
        elif (name, kind := rdatatype.to_text(what.rdtype)) in self.others:
            found = self.others[name, kind]
            answer.answer.append(rrset.from_text(what.name, 60, "IN", kind, *found))
        elif name not in self.records and not any(name == one for one, _kind in self.others):
            answer.set_rcode(rcode.NXDOMAIN)
        elif what.rdtype == rdatatype.TXT and name in self.records:
            texts = [_in_strings(text) for text in self.records[name]]
            answer.answer.append(rrset.from_text(what.name, 60, "IN", "TXT", *texts))
        return answer


def _in_strings(text: str) -> str:
    """As a zone file has it: a string holds at most 255 octets."""
    return " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))
