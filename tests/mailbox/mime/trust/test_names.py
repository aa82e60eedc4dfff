"""Names that are what they seem, and names that are not."""

from __future__ import annotations

import pytest

from mailbox.mime.rendition import Address
from mailbox.mime.trust.names import (
    MAX_DOMAIN,
    claims_behalf,
    has_hidden,
    has_other_address,
    lookalikes,
    marks_of,
    pretends,
    skeleton,
    unicode_domain,
)

HONEST = [
    "สมชาย ใจดี",
    "น.ส. วิภาดา เจริญผล",
    "รศ. ดร.ปิยะ วัฒนกุล",
    "พล.ต.อ. สมศักดิ์ ศรีสุข",
    "สำนักเลขาธิการคณะรัฐมนตรี",
    "กองกลาง (Central Division)",
    "คุณSomchai",
    "ฝ่ายIT กรมทางหลวง",
    "ศูนย์ COVID-19",
    "หนังสือเวียน ๑๒/๒๕๕๑",
    "สำนัก\u200bงาน\u200bปลัด",
    "Somchai Jaidee",
    "Zoë Çelik-Müller",
    "Nguyễn Thị Hương",
    "Łukasz Żółć",
    "Иван Петров",
    "Сара Иванова",
    "Γιώργος Παπαδόπουλος",
    "محمد علی\u200cزاده",
    "דוד כהן",
    "\u200fדוד כהן",
    "山田太郎 (Yamada)",
    "Sony株式会社",
    "ヤマダ電機",
    "김철수",
    "क्\u200dष त्रिपाठी",
    "👩\u200d💻 ทีมพัฒนา",
    "O'Brien & Søn A/S",
    "",
    "12345",
    "ＦＵＪＩ電機",
]
PRETENDING = [
    "Pаypal",  # Cyrillic а
    "Gооgle Support",
    "Mіnistry of Transport",
    "ΑΒΒ Thailand",
    "раура",
    "Ministry of Тгаnsport",
    "Bank οf Thailand",
    "𝗔𝗺𝗮𝘇𝗼𝗻",
    "Ꭺpple",
    "กรมทางหлวง",
    "аррӏе",
]
HIDING = [
    "Ministry\u202eylno",
    "a\u2066b\u2069",
    "Pay\u200bpal",
    "Pay\u200dpal",
    "\u200bSomchai",
    "Somchai\u200b",
    "ab\u00adcd",
    "x\ufeffy",
    "a\x07b",
    "กรม\u202eทางหลวง",
    "กรม\u2060ทางหลวง",
    "ㅤ\u3164",
    "tag\U000e0041",
    "line\u2028end",
    "\u200eSomchai",
]


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_name_is_not_marked(name: str) -> None:
    assert marks_of(name, [Address(name, "a@mot.example")]) == ()


@pytest.mark.parametrize("name", PRETENDING)
def test_letters_that_pass_for_others_are_marked(name: str) -> None:
    assert pretends(name)
    assert marks_of(name, [Address(name, "a@mot.example")]) == ("mixed-scripts",)


@pytest.mark.parametrize("name", HIDING)
def test_what_shows_nothing_is_marked(name: str) -> None:
    assert has_hidden(name)
    assert "hidden-characters" in marks_of(name, [Address("", "a@mot.example")])


@pytest.mark.parametrize(
    "name",
    [
        "director@mot.go.th",
        "ผู้อำนวยการ <director@mot.go.th>",
        "director@mot.go.th via Lists",
        "director＠mot.go.th",
        "Help (help@bank.example.)",
    ],
)
def test_a_name_that_shows_another_address_is_marked(name: str) -> None:
    assert has_other_address(name, "thief@else.example")


@pytest.mark.parametrize("name", ["a@mot.example", "A@MOT.example", "ครู@โรงเรียน", "x @ y", "@home"])
def test_the_own_address_as_a_name_and_signs_are_no_other_address(name: str) -> None:
    assert not has_other_address(name, "a@mot.example")


def test_a_domain_that_pretends_marks_its_sender() -> None:
    assert marks_of("x", [Address("x", "a@mоt.example")]) == ("mixed-scripts",)
    assert marks_of("x", [Address("x", "a@xn--mt-fmc.example")]) == ("mixed-scripts",)
    assert marks_of("x", [Address("x", "a@ไทย.example")]) == ()


@pytest.mark.parametrize(
    ("false", "true"),
    [
        ("rnot.go.th", "mot.go.th"),
        ("m0t.go.th", "mot.go.th"),
        ("mot.g0.th", "mot.go.th"),
        ("mott.go.th", "mot.go.th"),
        ("mt.go.th", "mot.go.th"),
        ("omt.go.th", "mot.go.th"),
        ("mot.co.th", "mot.go.th"),
        ("motgo.th", "mot.go.th"),
        ("mot-go.th", "mot.go.th"),
        ("moi1.go.th", "moi.go.th"),
        ("rnol.go.th", "mol.go.th"),
        ("mof.go.th.else.example", "mof.go.th"),
        ("mof-go-th.example", "mof.go.th"),
        ("mоt.go.th", "mot.go.th"),
        ("xn--mt-fmc.go.th", "mot.go.th"),
    ],
)
def test_a_domain_that_could_be_taken_for_another_is_found(false: str, true: str) -> None:
    assert true in lookalikes(false)


@pytest.mark.parametrize(
    ("other", "agency"),
    [("uni.example", "mot.go.th"), ("mail.mot.go.th", "mot.go.th"), ("moph.go.th", "mof.go.th")],
)
def test_a_domain_that_looks_different_is_left_in_peace(other: str, agency: str) -> None:
    assert agency not in lookalikes(other)


def test_a_domain_is_not_its_own_lookalike_and_long_ones_have_none() -> None:
    assert "mot.go.th" not in lookalikes("MOT.go.th")
    assert len(lookalikes("a" * MAX_DOMAIN)) < 6_000
    assert lookalikes("a" * (MAX_DOMAIN + 1)) == lookalikes("") == frozenset()


def test_punycode_is_shown_as_it_reads_and_broken_punycode_as_it_is() -> None:
    assert unicode_domain("a@xn--o3cw4h.example") == "ไทย.example"
    assert unicode_domain("xn--\xff.example") == "xn--\xff.example"
    assert skeleton("mоt.example") == "mot.example"


@pytest.mark.parametrize("name", [*HONEST, "Ben Half", "On Behalf", "นามของใคร"])
def test_an_honest_name_says_nothing_of_somebody_elses_behalf(name: str) -> None:
    assert not claims_behalf(name)


@pytest.mark.parametrize(
    "name", ["A on behalf of B", "a ON\u200bBEHALF\u2060 OF b", "ก ใน นามของ ข", "กในนาม ข"]
)
def test_a_name_that_says_for_whom_it_writes_is_known(name: str) -> None:
    assert claims_behalf(name)
