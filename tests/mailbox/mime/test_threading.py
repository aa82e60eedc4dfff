"""What joins an answer to what it answers."""

from __future__ import annotations

import pytest

from mailbox.mime.threading import answer_subject, base_subject, forward_subject, message_ids


@pytest.mark.parametrize(
    "subject",
    [
        "ขอเชิญประชุม",
        "Re: ขอเชิญประชุม",
        "RE: Fwd: [list] ขอเชิญประชุม",
        "ตอบ: ขอเชิญประชุม",
        "ตอบกลับ : ขอเชิญประชุม (fwd)",
        "ส่งต่อ: Re[2]:  ขอเชิญประชุม",
        "[Fwd: Re: ขอเชิญประชุม]",
        "Re:Re:Re:ขอเชิญประชุม",
    ],
)
def test_prefixes_and_tags_do_not_make_another_subject(subject: str) -> None:
    assert base_subject(subject) == "ขอเชิญประชุม"


def test_a_subject_of_nothing_but_a_tag_stays() -> None:
    assert base_subject("[ด่วน]") == "[ด่วน]"
    assert base_subject("Report: 1") == "report: 1"


def test_an_endless_subject_ends() -> None:
    assert base_subject("Re: " * 100_000) is not None
    assert base_subject("[" * 100_000) is not None


def test_answers_and_forwards_carry_one_prefix() -> None:
    assert answer_subject("Re: ตอบ: ก [ข]") == "Re: ก [ข]"
    assert forward_subject("Fwd: Re: ก") == "Fwd: ก"


def test_message_ids_are_unwrapped_each_once_and_the_latest_kept() -> None:
    assert message_ids("<a@b> junk <c@d>\n <a@b> < e @ f >") == ("a@b", "c@d", "e@f")
    assert message_ids("a@b") == ("a@b",)
    assert message_ids("none") == ()
    many = message_ids(" ".join(f"<{number}@x>" for number in range(1_000)))
    assert (len(many), many[-1]) == (200, "999@x")
