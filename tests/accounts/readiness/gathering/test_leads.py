from __future__ import annotations

import pytest

from accounts.readiness.gathering.leads import leads_of, report_hosts, spf_of


@pytest.mark.parametrize(
    ("record", "leads"),
    [
        ("v=spf1 -all", []),
        ("v=spf1 a mx ~all", [("a", "a.go.th"), ("mx", "a.go.th")]),
        ("v=spf1 +A:Web.go.th./24//64 ?mx/24", [("a", "web.go.th"), ("mx", "a.go.th")]),
        (
            "v=spf1 include:_spf.b.th redirect=c.th",
            [("include", "_spf.b.th"), ("redirect", "c.th")],
        ),
        ("v=spf1 redirect=c.th -all", []),
        (
            "v=spf1 exists:%{i}.b.th a:%{d} ptr ptr:b.th",
            [("exists", ""), ("a", ""), ("ptr", ""), ("ptr", "")],
        ),
        ("v=spf1 redirect=%{d}.b.th", [("redirect", "")]),
        ("v=spf1 exists:b.th ip4:10.0.0.1 ip6:::1 alla mxa", [("exists", "b.th")]),
        ("v=spf1 -all include:behind.th", []),
        ("", []),
    ],
)
def test_what_spf_leads_to_is_read_from_its_text(record: str, leads: list[tuple[str, str]]) -> None:
    assert [(each.kind, each.name) for each in leads_of(record, "a.go.th")] == leads


def test_only_a_record_of_spf_is_read_as_one() -> None:
    assert spf_of(["v=spf10 -all", "x v=spf1 a", "V=SPF1 a"]) == "V=SPF1 a"
    assert spf_of(["v=spf1"]) == "v=spf1"
    assert spf_of(["v=spf1foo"]) == ""


@pytest.mark.parametrize(
    ("record", "hosts"),
    [
        ("v=DMARC1; p=none", []),
        ("v=DMARC1; rua=mailto:a@B.th, mailto:c@b.th!10m; RUF = mailto:x@d.th", ["b.th", "d.th"]),
        ("v=DMARC1; rua=https://x.th/, mailto:, mailto:nobody", ["nobody"]),
    ],
)
def test_hosts_of_reports_are_read_from_a_policy(record: str, hosts: list[str]) -> None:
    assert report_hosts(record) == hosts
