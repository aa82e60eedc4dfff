"""DMARC, MTA-STS, TLS-RPT and security.txt, read by us and by the libraries for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sectxt
from checkdmarc import dmarc as their_dmarc
from checkdmarc import mta_sts, smtp_tls_reporting
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.readiness.reading import dmarc, security_txt, transport
from accounts.readiness.reading.errors import Unreadable

QUICK = settings(max_examples=150, deadline=None)


def _refuses(read: Callable[[], object], error: type[Exception]) -> bool:
    try:
        read()
    except error:
        return True
    return False


# --- DMARC ----------------------------------------------------------------

TAGS = st.sampled_from(
    [
        *("p=none", "p=quarantine", "p=reject", "p = Reject", "p=rejekt", "sp=none", "sp=reject"),
        *("np=quarantine", "t=y", "t=n", "t=x", "pct=50", "adkim=s", "aspf=x", "fo=1", "psd=u"),
        *("x=y", "nonsense", "", "p", "=", "ri=86400", "V=DMARC1"),
    ]
)


@QUICK
@given(st.lists(TAGS, max_size=5), st.sampled_from([";", "; ", " ; "]))
def test_dmarc_is_read_as_checkdmarc_reads_it(tags: list[str], between: str) -> None:
    record = between.join(["v=DMARC1", *tags])
    try:
        ours = dmarc.read(record)
    except Unreadable:
        # We are stricter with values that receivers would take the default for.
        is_lenient = "aspf=x" in tags
        assert is_lenient or _refuses(
            lambda: their_dmarc.parse_dmarc_record(record, "x.example"), their_dmarc.DMARCError
        )
        return
    found = their_dmarc.parse_dmarc_record(record, "x.example")["tags"]
    assert (ours.policy, ours.sp, ours.np) == tuple(
        found[each]["value"] for each in ("p", "sp", "np")
    )
    assert ours.is_testing == (found["t"]["value"] == "y")


@pytest.mark.parametrize(
    "uri",
    [
        *("mailto:a@b.example", "mailto:a@b.example!10m", "MAILTO:a.b@c.d.example", "a@b.example"),
        *(
            "https://b.example/x",
            "mailto:",
            "mailto:@b.example",
            "mailto:a@",
            "mailto:a b@c.example",
        ),
    ],
)
def test_report_addresses_are_told_as_checkdmarc_tells_them(uri: str) -> None:
    ours = dmarc.read(f"v=DMARC1; p=none; rua={uri}")
    try:
        found = their_dmarc.parse_dmarc_report_uri(uri)
        is_mail = found["scheme"] == "mailto"
    except their_dmarc.InvalidDMARCReportURI:
        is_mail = False
    assert bool(ours.rua) == is_mail
    assert bool(ours.odd) != is_mail


def test_the_versions_case_counts_and_its_place() -> None:
    assert dmarc.is_dmarc("v=DMARC1;p=none")
    assert dmarc.is_dmarc("V = DMARC1")
    assert not dmarc.is_dmarc("v=dmarc1; p=none")
    assert not dmarc.is_dmarc("p=none; v=DMARC1")
    assert not dmarc.is_dmarc("v=DMARC10; p=none")


@pytest.mark.parametrize(
    ("tags", "policies"),
    [
        ("p=reject", ("reject", "reject", "reject")),
        ("p=reject; sp=none", ("reject", "none", "none")),
        ("p=reject; np=none", ("reject", "reject", "none")),
        ("p=none; sp=quarantine; np=reject", ("none", "quarantine", "reject")),
        ("sp=reject", ("none", "reject", "reject")),
    ],
)
def test_what_is_not_said_follows_from_what_is(tags: str, policies: tuple[str, str, str]) -> None:
    found = dmarc.read(f"v=DMARC1; {tags}")
    assert (found.policy, found.sp, found.np) == policies


# --- MTA-STS and TLS-RPT --------------------------------------------------

STS_FIELDS = st.sampled_from(
    ["id=1", "id=20261123", "id=a-b", "id=", "id = 1", "x=y", "", "id=1;id=2"]
)
RPT_FIELDS = st.sampled_from(
    [
        *("rua=mailto:a@b.example", "rua=https://b.example/x", "rua=mailto:a@b.example,c", "rua="),
        *("rua=mailto:a@b.example , https://c.example", "x=y", "", "rua=ftp://b.example", "x"),
    ]
)


@QUICK
@given(st.lists(STS_FIELDS, max_size=3), st.sampled_from(["v=STSv1", "v=STSv2", "V=STSv1"]))
def test_sts_records_are_read_as_checkdmarc_reads_them(fields: list[str], version: str) -> None:
    record = "; ".join([version, *fields])
    ours = _refuses(lambda: transport.read_sts_record(record), Unreadable)
    assert ours == _refuses(lambda: mta_sts.parse_mta_sts_record(record), mta_sts.MTASTSError)


@QUICK
@given(st.lists(RPT_FIELDS, max_size=3), st.sampled_from(["v=TLSRPTv1", "v=TLSRPTv2"]))
def test_tls_rpt_records_are_read_as_checkdmarc_reads_them(fields: list[str], version: str) -> None:
    record = "; ".join([version, *fields])
    ours = _refuses(lambda: transport.read_tls_report(record), Unreadable)
    assert ours == _refuses(
        lambda: smtp_tls_reporting.parse_smtp_tls_reporting_record(record),
        smtp_tls_reporting.SMTPTLSReportingError,
    )


LINES = st.sampled_from(
    [
        *("version: STSv1", "mode: enforce", "mode: testing", "mode: none", "mode: strict"),
        *(
            "max_age: 604800",
            "max_age: 99999999",
            "max_age: -1",
            "mx: mx.b.example",
            "mx: *.b.example",
        ),
        *("mx: *.*.example", "mx: a b", "x: y", "", "nothing", " mode: none", "mode : none"),
    ]
)


@QUICK
@given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_sts_policies_are_read_as_checkdmarc_reads_them(lines: list[str], end: str) -> None:
    body = end.join(["version: STSv1", "max_age: 86400", *lines])
    try:
        ours = transport.read_sts_policy(body)
    except Unreadable:
        assert _refuses(lambda: mta_sts.parse_mta_sts_policy(body), mta_sts.MTASTSPolicyError)
        return
    found = mta_sts.parse_mta_sts_policy(body)["policy"]
    assert (ours.mode, ours.max_age, list(ours.mx)) == (
        found["mode"],
        found["max_age"],
        found["mx"],
    )


@pytest.mark.parametrize(("age", "is_read"), [("31557600", True), ("31557601", False)])
def test_a_policy_lasts_a_year_at_most(age: str, is_read: bool) -> None:
    body = f"version: STSv1\nmode: none\nmax_age: {age}\n"
    assert _refuses(lambda: transport.read_sts_policy(body), Unreadable) != is_read


@pytest.mark.parametrize("host", ["mx.b.example", "MX.B.example", "b.example", "a.mx.b.example"])
@pytest.mark.parametrize("pattern", ["mx.b.example", "*.b.example", "*.example", "*.B.EXAMPLE"])
def test_patterns_cover_what_checkdmarc_says_they_cover(host: str, pattern: str) -> None:
    theirs = mta_sts.mx_in_mta_sts_patterns(host, [pattern])
    assert transport.is_covered(host, (pattern,)) == theirs


# --- security.txt ---------------------------------------------------------

FIELDS = st.sampled_from(
    [
        *("Contact: mailto:a@b.example", "Contact: https://b.example", "Contact: http://b.example"),
        *("Contact: a@b.example", "Expires: 2099-01-01T00:00:00Z", "Expires: tomorrow"),
        *("Expires: 2001-01-01T00:00:00Z", "# only words", "", "no field", "Contact : mailto:a@b"),
        *("Preferred-Languages: th, en", "Preferred-Languages: ?", "Policy: https://b.example/p"),
    ]
)


@QUICK
@given(st.lists(FIELDS, max_size=6))
def test_security_txt_is_valid_where_sectxt_says_so(lines: list[str]) -> None:
    body = "".join(f"{line}\n" for line in lines)
    theirs = sectxt.Parser(body.encode())
    assert (not security_txt.wrong_with(body, datetime.now(UTC))) == theirs.is_valid()


def test_a_file_expires_at_the_moment_of_the_judgement_not_of_the_machine() -> None:
    ends = datetime(2099, 1, 1, tzinfo=UTC)
    body = "Contact: mailto:a@b.example\nExpires: 2099-01-01T00:00:00Z\n"
    assert security_txt.wrong_with(body, ends) == []
    assert security_txt.wrong_with(body, ends + timedelta(seconds=1)) == ["expired"]


def test_a_signature_around_the_file_is_taken_off() -> None:
    body = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        "Contact: mailto:a@b.example\n- # dash escaped\nExpires: 2099-01-01T00:00:00Z\n"
        "-----BEGIN PGP SIGNATURE-----\n\nnonsense\n-----END PGP SIGNATURE-----\n"
    )
    assert security_txt.wrong_with(body, datetime(2026, 1, 1, tzinfo=UTC)) == []


READERS: list[Callable[[str], object]] = [
    dmarc.read,
    transport.read_sts_record,
    transport.read_sts_policy,
    transport.read_tls_report,
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(READERS),
    st.sampled_from(["", "v=DMARC1;", "v=STSv1;", "v=TLSRPTv1;"]),
    st.text(max_size=200),
)
def test_nothing_makes_a_reader_fall(read: Callable[[str], object], start: str, text: str) -> None:
    try:
        read(start + text)
    except Unreadable as error:
        assert len(error.why) <= 100


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_nothing_makes_the_reader_of_contacts_fall(text: str) -> None:
    assert len(security_txt.wrong_with(text, datetime(2026, 1, 1, tzinfo=UTC))) < 20
