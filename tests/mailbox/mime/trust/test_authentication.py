"""Whom our own MTA vouches for, and who only says so."""

from __future__ import annotations

import pytest

from mailbox.mime.headers import split_fields
from mailbox.mime.trust.authentication import (
    Authentication,
    is_under,
    read_authentication,
    without_comments,
)

OURS = "mx.portal.example"
RECEIVED = "Received: from a by mx.portal.example; Mon, 1 Jan 2026 00:00:00 +0700"


def found(*fields: str, sender: str = "mot.example", ours: str = OURS) -> Authentication:
    block = "\r\n".join(fields).encode()
    return read_authentication(split_fields(block), ours, [sender])


def results(text: str, ours: str = OURS) -> str:
    return f"Authentication-Results: {ours}; {text}"


def test_a_signature_of_the_senders_domain_proves_it() -> None:
    one = found(results("dkim=pass header.d=mot.example; spf=pass smtp.mailfrom=a@mot.example"))

    assert (one.is_checked, one.is_proven, one.is_signed) == (True, True, True)
    assert (one.dkim, one.dkim_domain, one.spf, one.spf_domain) == (
        *("pass", "mot.example"),
        *("pass", "mot.example"),
    )


def test_a_domain_below_the_senders_proves_it_and_one_above_or_beside_does_not() -> None:
    assert found(results("dkim=pass header.d=mail.mot.example")).is_proven
    assert not found(results("dkim=pass header.d=example")).is_proven
    assert not found(results("dkim=pass header.d=notmot.example")).is_proven
    assert not found(results("dkim=pass header.d=mot.example.evil.test")).is_proven


def test_the_return_path_proves_but_does_not_sign() -> None:
    one = found(results("spf=pass smtp.mailfrom=bounce@news.mot.example"))

    assert (one.is_proven, one.is_signed) == (True, False)


def test_dmarc_is_believed_for_the_domain_it_names() -> None:
    assert found(results("dmarc=pass (p=reject) header.from=mot.example")).is_proven
    assert not found(results("dmarc=pass header.from=other.example")).is_proven
    assert not found(results("dmarc=pass")).is_proven


def test_a_dmarc_failure_outweighs_everything() -> None:
    one = found(results("dkim=pass header.d=mot.example; dmarc=fail header.from=mot.example"))

    assert one.has_failed and not one.is_proven


@pytest.mark.parametrize("text", ["dkim=fail header.d=mot.example", "spf=fail smtp.mailfrom=x@y"])
def test_a_failure_with_nothing_to_outweigh_it_is_one(text: str) -> None:
    assert found(results(text)).has_failed


@pytest.mark.parametrize("text", ["none", "dkim=none; spf=none", "spf=softfail smtp.mailfrom=x@y"])
def test_nothing_found_is_no_failure_and_no_proof(text: str) -> None:
    one = found(results(text))

    assert one.is_checked and not one.has_failed and not one.is_proven


def test_of_several_signatures_the_aligned_one_counts() -> None:
    one = found(results("dkim=pass header.d=list.example; dkim=pass header.d=mot.example"))

    assert one.dkim_domain == "mot.example" and one.is_signed


def test_a_list_that_breaks_a_signature_and_adds_its_own_is_not_proof() -> None:
    one = found(results("dkim=fail header.d=mot.example; dkim=pass header.d=list.example"))

    assert (one.dkim_domain, one.is_proven) == ("list.example", False)


@pytest.mark.parametrize("ours", ["", "mx.other.example", "portal.example"])
def test_another_name_is_not_believed_and_no_name_believes_nothing(ours: str) -> None:
    assert found(results("dkim=pass header.d=mot.example"), ours=ours) == Authentication()


def test_our_name_may_bear_a_version_a_comment_or_capitals() -> None:
    field = "Authentication-Results: (x) MX.Portal.Example 1; dkim=pass header.d=mot.example"

    assert found(field).is_proven


def test_the_topmost_field_alone_is_believed() -> None:
    forged = results("dkim=pass header.d=mot.example; dmarc=pass header.from=mot.example")

    assert not found(results("dkim=none"), forged).is_proven
    assert not found(RECEIVED, results("spf=fail smtp.mailfrom=a@b.c"), forged).is_proven


def test_other_ids_above_ours_do_not_hide_it() -> None:
    other = results("dkim=fail", "filter.example")

    assert found(other, results("dkim=pass header.d=mot.example")).is_proven


def test_what_lies_below_the_next_hop_came_with_the_message() -> None:
    forged = results("dkim=pass header.d=mot.example")

    assert found(RECEIVED, forged).is_proven
    assert found(RECEIVED, RECEIVED, forged) == Authentication()


@pytest.mark.parametrize(
    "text",
    [
        'spf=fail smtp.mailfrom="x; dkim=pass header.d=mot.example"@evil.test',
        'spf=fail smtp.mailfrom="x\\"; dkim=pass header.d=mot.example; "@evil.test',
        'spf=fail reason="see header.d=mot.example"; dkim=pass header.d=evil.test',
        'dkim=pass reason="x header.d=mot.example" header.d=evil.test',
        "spf=none (sender said ; dkim=pass header.d=mot.example)",
        "spf=none (a (b) ; dkim=pass header.d=mot.example (c",
        "spf=none (a \\) ; dkim=pass header.d=mot.example) x",
        "dkim=pass header.d=mot.example@evil.test",
        "dkim=passed header.d=mot.example",
        "xdkim=pass header.d=mot.example",
        "dkim=pass header.x=mot.example",
        "dkim=fail header.d=mot.example dkim=pass",
        "spf=pass smtp.mailfrom=mot.example@evil.test",
    ],
)
def test_what_a_sender_smuggles_into_a_finding_proves_nothing(text: str) -> None:
    assert not found(results(text)).is_proven


def test_a_from_with_two_addresses_or_none_is_proven_by_nothing() -> None:
    headers = split_fields(results("dkim=pass header.d=mot.example").encode())

    assert not read_authentication(headers, OURS, ["mot.example", "mot.example"]).is_proven
    assert not read_authentication(headers, OURS, []).is_proven
    assert not read_authentication(headers, OURS, [""]).is_proven


@pytest.mark.parametrize(
    "hostile",
    ["(" * 200_000, '"' * 200_000, ";" * 200_000, "dkim=" * 50_000, "= " * 100_000, "\\" * 99_999],
)
def test_hostile_syntax_is_read_to_its_end_and_proves_nothing(hostile: str) -> None:
    assert not found(results(hostile)).is_proven
    assert not found(results(f"{hostile}; dkim=pass header.d=mot.example")).is_proven


def test_comments_go_however_deep_and_strings_stay() -> None:
    assert without_comments('a (b (c) d) "e (f)" g').split() == ["a", '"e', '(f)"', "g"]


def test_a_domain_is_under_itself_and_its_parents() -> None:
    assert is_under("a.b", "a.b") and is_under("x.a.b", "a.b")
    assert not is_under("xa.b", "a.b") and not is_under("a.b", "") and not is_under("", "a.b")


def test_verdicts_survive_json_and_old_ones_are_read() -> None:
    one = found(results("dkim=pass header.d=mot.example; arc=pass"))

    assert Authentication.from_json(one.to_json()) == one
    assert Authentication.from_json({"dkim": "pass", "unheard": 1}).dkim == "pass"
