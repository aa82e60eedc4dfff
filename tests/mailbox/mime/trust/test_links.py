"""Which links are asked about before they are followed."""

from __future__ import annotations

import pytest

from mailbox.mime.trust.links import MAX_LINKS, Links, host_of, is_doubtful


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://evil.test/x", "https://www.mot.go.th/x"),
        ("https://evil.test/x", "www.mot.go.th"),
        ("https://evil.test/x", "mot.go.th"),
        ("https://evil.test/x", "เข้าสู่ระบบที่ mot.go.th"),
        ("https://evil.test/x", "director@mot.go.th"),
        ("https://mot.go.th.evil.test/", "https://mot.go.th"),
        ("https://evil-mot.go.th/", "mot.go.th"),
        ("https://evil.test/mot.go.th", "mot.go.th/plan"),
        ("https://mot.go.th@evil.test/", "here"),
        ("https://a:b@mot.go.th/", "here"),
        ("http://192.0.2.7/", "here"),
        ("http://3221225991/", "here"),
        ("http://0xc0000207/", "here"),
        ("http://192.0.2.7./", "here"),
        ("http://[2001:db8::1]/", "here"),
        ("https://xn--80ak6aa92e.com/", "here"),
        ("https://аррӏе.com/", "here"),
        ("https://mоt.go.th/", "https://mоt.go.th/"),
        ("https://m%6ft.go.th/", "here"),
        ("https://[broken/", "here"),
        ("HTTPS://EVIL.TEST/", "HTTPS://MOT.GO.TH"),
    ],
)
def test_a_link_that_hides_where_it_leads_is_asked_about(target: str, shown: str) -> None:
    assert is_doubtful(target, shown)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://www.mot.go.th/x", "mot.go.th"),
        ("https://mot.go.th/x?u=https://else.example", "www.mot.go.th/x"),
        ("https://eform.mot.go.th/x", "https://mot.go.th"),
        ("https://mot.go.th/x", "https://www.mot.go.th/x."),
        ("https://mot.go.th/x", "รายละเอียด"),
        ("https://mot.go.th/x", "แบบฟอร์ม ก.พ. 7.docx"),
        ("https://mot.go.th/report.pdf", "report.pdf"),
        ("https://mot.go.th:8443/x", "mot.go.th"),
        ("https://mot.go.th/a@b", "here"),
        ("https://ไทย.ไทย/", "ไทย.ไทย"),
        ("https://xn--o3cw4h.xn--o3cw4h/", "ไทย.ไทย"),
        ("mailto:a@else.example", "director@mot.go.th"),
        ("tel:+6621234567", "mot.go.th"),
        ("https://mot.go.th/", ""),
    ],
)
def test_an_honest_link_is_followed_at_once(target: str, shown: str) -> None:
    assert not is_doubtful(target, shown)


def test_doubtful_targets_are_numbered_and_others_stay() -> None:
    links = Links()

    assert links.address("https://a.example/", "a") == "https://a.example/"
    assert links.address("http://192.0.2.1/", "a") == "link/0/"
    assert links.address("http://192.0.2.2/", "a") == "link/1/"
    assert links.targets == ["http://192.0.2.1/", "http://192.0.2.2/"]


def test_beyond_the_limit_a_doubtful_link_leads_nowhere() -> None:
    links = Links()
    found = [links.address("http://192.0.2.1/" + "x" * 100, "a") for _ in range(MAX_LINKS + 1)]

    assert found[-2] == f"link/{MAX_LINKS - 1}/" and found[-1] is None
    long = Links()
    assert [long.address("http://192.0.2.1/" + "x" * 8_000, "a") for _ in range(40)][-1] is None


def test_a_host_is_named_without_user_port_and_last_dot() -> None:
    assert host_of("https://u:p@A.example.:8443/x") == "a.example"
    assert host_of("https://[broken/") == ""
