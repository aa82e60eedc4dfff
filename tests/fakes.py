"""Stand-ins of the same shape as the real thing; contract tests hold them to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailbox.smtp.gateway import AboutToSend, OutOfReach
from mailbox.smtp.verdicts import Reason, Verdict, because

TAKEN = Verdict(250, "taken")


class FakeGateway:
    """A gateway that answers as told: FakeGateway(emil=Verdict(451, "Later, please")).

    Names are local parts. A verdict with a code answers RCPT; `after_data` answers
    the message itself. Silent (`out_of_reach=True`) it cannot be connected to. meanwhile:
    what happens while it is spoken to, before it has heard anything; what that raises passes.
    """

    def __init__(
        self,
        *,
        out_of_reach: bool = False,
        after_data: Verdict = TAKEN,
        gateway_id: int | None = None,
        meanwhile: Callable[[FakeGateway], None] = lambda gateway: None,
        **answers: Verdict,
    ) -> None:
        self.meanwhile = meanwhile
        self.gateway_id = gateway_id
        self.out_of_reach = out_of_reach
        self.after_data = after_data
        self.answers = answers
        self.offered: list[list[str]] = []
        self.messages: list[bytes] = []

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        self.meanwhile(self)
        if self.out_of_reach:
            raise OutOfReach(because(Reason.UNREACHABLE, "Connection refused"))
        self.offered.append(list(recipients))
        verdicts = {who: self.answers.get(who.partition("@")[0], TAKEN) for who in recipients}
        accepted = [who for who in recipients if verdicts[who].accepted]
        if accepted:
            about_to_send(accepted)
            self.messages.append(message)
            verdicts |= dict.fromkeys(accepted, self.after_data)
        return verdicts
