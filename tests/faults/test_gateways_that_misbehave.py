"""What a gateway may do wrong: the letter waits or is refused, and its sender is told which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from mailbox.models import Delivery
from tests.cast import Cast
from tests.faults.conftest import Record
from tests.faults.counting import count, said, seen
from tests.faults.far_side import FarSide, Line
from tests.faults.plant import Plant
from tests.faults.post import are_answered, gateway_to, mend, post, settle
from tests.mailbox.smtp.servers import Authority

State = Delivery.State
LETTERS = 2
TEN_MEGABYTES = "x" * 10_000_000


@dataclass(frozen=True)
class Wrong:
    """What is done wrong, until it is mended; and what the sender then sees of every letter.

    twice: the far side has the letters all the same.
    """

    fault: str
    spoil: Callable[[FarSide], None]
    state: State
    sentence: str
    twice: bool = False


def answering(**answers: str) -> Callable[[FarSide], None]:
    return lambda far_side: far_side.answers.update(answers)


def always_at(moment: str, deed: Callable[[Line], None]) -> Callable[[FarSide], None]:
    """Do this every time, until it is mended."""

    def again(far_side: FarSide) -> None:
        def then(line: Line) -> None:
            far_side.once_at(moment, then)
            deed(line)

        far_side.once_at(moment, then)

    return again


def goodbye(line: Line) -> None:
    line.say("421 4.3.2 Closing down")
    line.hang_up()


def babble(line: Line) -> None:
    line.say("HTTP/1.1 400 Bad Request", "Connection: close")
    line.hang_up()


def talk_without_end(line: Line) -> None:
    line.say(f"250 {TEN_MEGABYTES}")


BROKE = "The connection broke before the message was sent."
MAYBE = "The connection broke while the message was being sent."
GARBLED = "gave an answer that no mail server gives"
WRONGS = (
    Wrong("greets with 554", answering(CONNECT="554 no"), State.DEFERRED, "closed the connection"),
    Wrong("421 at RCPT", answering(RCPT="421 4.3.2 no"), State.DEFERRED, "too busy"),
    Wrong("421 in mid-data", always_at("MIDDLE", goodbye), State.DEFERRED, "too busy"),
    Wrong("hangs up at MAIL", always_at("MAIL", Line.hang_up), State.DEFERRED, BROKE),
    Wrong("hangs up at RCPT", always_at("RCPT", Line.hang_up), State.DEFERRED, BROKE),
    Wrong("hangs up at DATA", always_at("DATA", Line.hang_up), State.DEFERRED, BROKE),
    Wrong("accepts then drops", always_at("DOT", Line.hang_up), State.UNKNOWN, MAYBE, twice=True),
    Wrong("garbage at MAIL", always_at("MAIL", babble), State.DEFERRED, GARBLED),
    Wrong("garbage at the dot", always_at("DOT", babble), State.UNKNOWN, MAYBE, twice=True),
    Wrong("10 MB reply line at MAIL", always_at("MAIL", talk_without_end), State.DEFERRED, GARBLED),
    Wrong(
        "10 MB reply line at the dot",
        always_at("DOT", talk_without_end),
        State.UNKNOWN,
        MAYBE,
        twice=True,
    ),
)


@pytest.mark.parametrize("wrong", WRONGS, ids=[one.fault for one in WRONGS])
def test_what_a_gateway_does_wrong_is_told_and_when_it_is_mended_all_leaves(
    plant: Plant, far_side: FarSide, people: Cast, record: Record, wrong: Wrong
) -> None:
    gateway = gateway_to(people, far_side.port)
    wrong.spoil(far_side)
    posted = post(people, LETTERS)
    plant.until(lambda: are_answered(posted), "no answer is written down")
    for view in seen(posted, people):
        assert (view.state, view.next_try is not None) == (wrong.state, True)
        assert wrong.sentence in view.sentence
    sees = said(posted, people)
    mend(far_side, gateway, posted)
    settle(plant, posted)
    row = count(f"gateway: {wrong.fault}", posted, far_side, people, deferred=LETTERS, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (LETTERS, 0, LETTERS * wrong.twice)
    assert row.duplicates == row.unknown


def test_a_gateway_that_is_not_there(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    with FarSide() as gone:
        port = gone.port
    gateway = gateway_to(people, port)
    posted = post(people, LETTERS)
    plant.until(lambda: are_answered(posted), "no answer is written down")
    sees = said(posted, people)
    assert "could not be reached" in sees
    with FarSide(port=port) as back:
        mend(back, gateway, posted)
        settle(plant, posted)
        name = "gateway: refuses the connection"
        row = count(name, posted, back, people, deferred=LETTERS, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (LETTERS, 0, 0)


def test_a_gateway_that_greylists_is_asked_again(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    gateway = gateway_to(people, far_side.port)
    for number in range(LETTERS):
        later = ["451 4.7.1 Greylisted, come back later", "250 2.1.5 ok"]
        far_side.people[f"person{number}"] = later
    posted = post(people, LETTERS)
    plant.until(lambda: are_answered(posted), "no answer is written down")
    sees = said(posted, people)
    assert "come back a little later" in sees
    mend(far_side, gateway, posted)
    settle(plant, posted)
    row = count("gateway: greylists", posted, far_side, people, deferred=LETTERS, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (LETTERS, 0, 0)


def test_a_gateway_that_says_552_is_believed(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    gateway_to(people, far_side.port)
    far_side.answers["DOT"] = "552 5.3.4 Message too big"
    posted = post(people, LETTERS)
    settle(plant, posted)
    sees = said(posted, people)
    row = count("gateway: 552", posted, far_side, people, sees=sees)
    record(row)
    assert "The message is too large" in sees
    assert (row.failed, row.lost, row.duplicates) == (LETTERS, 0, 0)


def test_three_recipients_have_three_verdicts(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    gateway = gateway_to(people, far_side.port)
    far_side.people["later"] = ["450 4.2.1 Busy, try later", "250 2.1.5 ok"]
    far_side.people["never"] = ["550 5.1.1 No such user"]
    posted = post(people, 1, to=[f"{who}@else.example" for who in ("now", "later", "never")])
    plant.until(lambda: are_answered(posted), "no answer is written down")
    states = {view.address.partition("@")[0]: view.state for view in seen(posted, people)}
    assert states == {"now": State.RELAYED, "later": State.DEFERRED, "never": State.FAILED}
    sees = said(posted, people)
    far_side.people["later"] = ["250 2.1.5 ok"]
    far_side.people.pop("now", None)
    mend(far_side, gateway, posted)
    settle(plant, posted)
    name = "gateway: three verdicts for three recipients"
    row = count(name, posted, far_side, people, deferred=1, sees=sees)
    record(row)
    assert (row.relayed, row.failed, row.lost, row.duplicates) == (2, 1, 0, 0)


# --- Too slow -----------------------------------------------------------------


@pytest.fixture
def in_a_hurry(plant: Plant) -> Iterator[None]:
    """A worker that waits a second for an answer, and five for that to a message."""
    plant.stop_worker()
    plant.start_worker(GATEWAY_TIMEOUT_SECONDS="1")
    yield
    plant.stop_worker()


def test_an_answer_that_comes_too_late_is_a_doubt(
    plant: Plant, far_side: FarSide, people: Cast, record: Record, in_a_hurry: None
) -> None:
    gateway = gateway_to(people, far_side.port)
    names = {"gateway: answers after the timeout": True, "gateway: hangs at the dot": False}
    for name, keeps in names.items():
        far_side.is_forgetful = not keeps
        far_side.once_at("DOT", Line.hold)
        posted = post(people, 1)
        plant.until(partial(are_answered, posted), "no answer is written down")
        (view,) = seen(posted, people)
        assert (view.state, view.sentence) == (State.UNKNOWN, MAYBE)
        sees = said(posted, people)
        mend(far_side, gateway, posted)
        settle(plant, posted)
        row = count(name, posted, far_side, people, deferred=1, sees=sees)
        record(row)
        assert (row.relayed, row.lost, row.duplicates, row.unknown) == (1, 0, keeps, keeps)


# --- TLS ----------------------------------------------------------------------


@dataclass
class Secured:
    """A far side with STARTTLS, and who has signed its certificate."""

    far_side: FarSide
    authority: Authority
    folder: Path

    def certify(self, name: str, days: int = 1) -> None:
        self.far_side.tls = self.authority.server_context(self.folder, name, days=days)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    with FarSide(features=("STARTTLS", "PIPELINING", "8BITMIME")) as made:
        yield Secured(made, Authority.new(), tmp_path)


CERTIFICATE = "The certificate of your agency's gateway is not the right one"


def expired(secured: Secured) -> None:
    secured.certify("gateway.test", days=-1)


def of_another(secured: Secured) -> None:
    secured.certify("other.test")


def without_starttls(secured: Secured) -> None:
    secured.far_side.features = ("PIPELINING", "8BITMIME")


@pytest.mark.parametrize(
    ("name", "spoil", "sentence"),
    [
        ("certificate of another name", of_another, CERTIFICATE),
        ("expired certificate", expired, CERTIFICATE),
        ("loses STARTTLS", without_starttls, "offers no secure connection"),
    ],
    ids=["wrong certificate", "expired certificate", "downgrade"],
)
def test_nothing_is_said_to_a_gateway_that_is_not_proven(
    plant: Plant,
    people: Cast,
    record: Record,
    secured: Secured,
    name: str,
    spoil: Callable[[Secured], None],
    sentence: str,
) -> None:
    far_side = secured.far_side
    values = {"security": "starttls", "tls_name": "gateway.test"}
    secured.certify("gateway.test")
    gateway = gateway_to(people, far_side.port, ca_certificates=secured.authority.pem, **values)
    # It was well once; what is spoilt is found at the next connection.
    far_side.once_at("ANSWERED", Line.hang_up)
    first = post(people, 1)
    settle(plant, first)
    features = far_side.features
    spoil(secured)
    posted = post(people, LETTERS)
    plant.until(lambda: are_answered(posted), "no answer is written down")
    sees = said(posted, people)
    assert sentence in sees and len(far_side.kept) == 1
    far_side.features = features
    secured.certify("gateway.test")
    mend(far_side, gateway, posted)
    settle(plant, posted)
    everything = [*first, *posted]
    row = count(f"gateway: {name}", everything, far_side, people, deferred=LETTERS, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (LETTERS + 1, 0, 0)
