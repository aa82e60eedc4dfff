from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Agency, AuditEvent, CheckedDomain, ScanRun
from accounts.probing.targets import PAGES, PORTS
from accounts.readiness import domains, officers
from accounts.readiness.domains import Servers, naming
from govmail_portal.errors import PortalError
from tests.accounts.readiness.scene import NOW, State, agency, domain, fail_for_good, live, officer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("agency.go.th", "agency.go.th"),
        (" Agency.GO.TH. ", "agency.go.th"),
        ("https://www.agency.go.th/th/index.php?x=1", "agency.go.th"),
        ("http://agency.go.th:8080", "agency.go.th"),
        ("somchai@agency.go.th", "agency.go.th"),
        ("<saraban@agency.go.th>", "agency.go.th"),
        ("www.agency.go.th", "agency.go.th"),
        ("ａｇｅｎｃｙ．ｇｏ．ｔｈ", "agency.go.th"),
        ("ตัวอย่าง.ไทย", "xn--72c1a1bt4awk9o.xn--o3cw4h"),
        ("xn--72c1a1bt4awk9o.xn--o3cw4h", "xn--72c1a1bt4awk9o.xn--o3cw4h"),
        ("www.go-th.example", "go-th.example"),
    ],
)
def test_what_people_type_for_a_domain_is_understood(typed: str, name: str) -> None:
    assert naming.domain_of(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", ".", "..", "a", "localhost", "-a.go.th", "a-.go.th", "a..go.th", "a b.go.th"),
        *("127.0.0.1", "[::1]", "::1", "0x7f.1", "2130706433", "1.2.3.4.", "a.go.th.123"),
        *("http://[::1]/", "http://127.0.0.1:6379/", "https:///x", "http://[", "a_b.go.th"),
        *("a\x00.go.th", "a\r\n.go.th", "a.go.th\nb.go.th", "\u202eht.og.a", "a" * 64 + ".go.th"),
        "ก" * 300 + ".ไทย",
        ".".join(["abcdefgh"] * 40),
        "xn--a.go.th",
        "go-th",
    ],
)
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(naming.NotADomain):
        naming.domain_of(typed)


@pytest.mark.parametrize("typed", ["go.th", "GO.TH.", "user@mi.th", "https://or.th/"])
def test_what_belongs_to_nobody_is_refused(typed: str) -> None:
    with pytest.raises(naming.BelongsToNobody):
        naming.domain_of(typed)


@given(st.text(max_size=80))
def test_any_text_is_a_name_in_ascii_or_refused_in_words(text: str) -> None:
    try:
        name = naming.domain_of(text)
    except PortalError:
        return
    assert name.isascii() and name == name.lower() and "." in name and len(name) <= 253
    assert naming.domain_of(name) == name or name.startswith("www.")


def test_hosts_are_completed_and_stay_within_the_domain() -> None:
    typed = ["www", "https://mail.a.go.th/", "a.go.th", "www.a.go.th"]
    assert naming.hosts_of(typed, "a.go.th") == ["www.a.go.th", "mail.a.go.th"]
    for elsewhere in ("www.b.go.th", "evila.go.th", "169.254.169.254"):
        with pytest.raises(PortalError):
            naming.hosts_of([elsewhere], "a.go.th")


@pytest.mark.parametrize(
    ("typed", "login"),
    [
        ("imap.a.go.th:143", "imap.a.go.th:143"),
        ("IMAP.A.go.th:993", "imap.a.go.th:993"),
        ("https://webmail.a.go.th", "https://webmail.a.go.th/"),
        ("http://a.go.th/mail/?x=1", "http://a.go.th/mail/?x=1"),
    ],
)
def test_places_to_sign_in_are_servers_with_a_port_or_pages(typed: str, login: str) -> None:
    assert naming.logins_of([typed]) == [login]


@pytest.mark.parametrize(
    "typed",
    [
        *("imap.a.go.th", "imap.a.go.th:22", "imap.a.go.th:99999", "127.0.0.1:143"),
        *("ftp://a.go.th/", "https://127.0.0.1/", "https://a.go.th:6379/", "file:///etc/passwd"),
        *("https://u:p@a.go.th/", "https://a.go.th/\r\nHost: b", "http://[::1]/", ":143"),
    ],
)
def test_other_places_to_sign_in_are_refused(typed: str) -> None:
    with pytest.raises(naming.NotALogin):
        naming.logins_of([typed])


@pytest.mark.parametrize(
    "typed",
    [
        *("smtp.a.go.th:2525", "imap.a.go.th:22", "imap.a.go.th:80", "imap.a.go.th:99999"),
        *("http://a.go.th:8080/", "https://a.go.th:8443/", "http://a.go.th:443/"),
    ],
)
def test_a_port_that_is_never_measured_is_refused_with_those_that_are(typed: str) -> None:
    with translation.override("en"), pytest.raises(naming.OtherPort) as caught:
        naming.logins_of([typed])
    for port in PORTS:
        assert str(port) in str(caught.value)


def test_every_port_that_may_be_entered_is_one_that_is_measured() -> None:
    mail = [f"mail.a.go.th:{port}" for port in PORTS if port not in PAGES.values()]
    pages = [f"{scheme}://a.go.th:{port}/" for scheme, port in PAGES.items()]
    assert naming.logins_of(mail) == mail
    assert naming.logins_of(pages) == ["http://a.go.th/", "https://a.go.th/"]


def test_ten_of_each_are_the_most() -> None:
    with pytest.raises(naming.TooManyNames):
        naming.selectors_of([f"s{number}" for number in range(11)])


def test_a_selector_may_be_pasted_as_the_whole_name() -> None:
    assert naming.selectors_of(["Mail2026._domainkey.a.go.th"]) == ["mail2026"]
    with pytest.raises(naming.NotASelector):
        naming.selectors_of(["a b"])


# --- The list -------------------------------------------------------------


def test_a_domain_that_is_added_is_measured_at_once_and_every_night() -> None:
    made = agency()
    by = officer(made)
    added = domains.add(made, "https://www.agency.go.th", "mail", by=by, now=NOW)
    made.refresh_from_db()
    run = ScanRun.objects.get(domain=added)
    assert (added.name, added.hosts) == ("agency.go.th", ["www.agency.go.th"])
    assert (run.trigger, run.asked_by, run.due_at) == ("officer", by, NOW)
    assert added.next_run_at is not None and added.next_run_at > NOW
    assert made.state == State.ASSESSING
    assert AuditEvent.objects.get(act="domain_added").details["domain"] == "agency.go.th"


def test_a_domain_is_on_the_list_once() -> None:
    made = agency()
    domains.add(made, "agency.go.th", "mail", by=officer(made), now=NOW)
    with pytest.raises(domains.OnTheList):
        domains.add(made, "AGENCY.go.th", "web", by=officer(made), now=NOW)


def test_two_agencies_may_share_a_domain() -> None:
    for made in (agency(), agency()):
        domains.add(made, "shared.go.th", "mail", by=officer(made), now=NOW)


def test_nobody_adds_to_another_agencys_list() -> None:
    with pytest.raises(officers.NotTheirOfficer):
        domains.add(agency(), "agency.go.th", "mail", by=officer(agency()), now=NOW)


def test_a_domain_taken_off_stays_for_the_record_and_may_come_back() -> None:
    made = agency()
    by = officer(made)
    added = domains.add(made, "agency.go.th", "mail", by=by, now=NOW)
    domains.remove(added, by=by, now=NOW)
    domains.remove(added, by=by, now=NOW)
    made.refresh_from_db()
    assert (added.removed_at, added.next_run_at, made.state) == (NOW, None, State.UNASSESSED)
    assert AuditEvent.objects.filter(act="domain_removed").count() == 1
    domains.add(made, "agency.go.th", "mail", by=by, now=NOW)


def test_while_at_risk_nothing_is_taken_off_or_called_something_else() -> None:
    made, mail = live()
    second = domain(made, role="web")
    fail_for_good(mail)
    by = officer(made)
    for each in (mail, second):
        with pytest.raises(domains.StaysWhileAtRisk):
            domains.remove(each, by=by, now=NOW)
    with pytest.raises(domains.StaysWhileAtRisk):
        domains.change(mail, by=by, now=NOW, role="parked")


def test_an_open_agency_keeps_a_mail_domain() -> None:
    made, mail = live()
    by = officer(made)
    with pytest.raises(domains.LastMailDomain):
        domains.remove(mail, by=by, now=NOW)
    with pytest.raises(domains.LastMailDomain):
        domains.change(mail, by=by, now=NOW, role="web")
    domain(made)
    domains.remove(mail, by=by, now=NOW)


def test_a_change_is_told_in_the_audit_and_nothing_else_is() -> None:
    mail = domain(agency())
    by = officer(mail.agency)
    servers = Servers(hosts=["www"], logins=["imap.a.go.th:143"], selectors=["s1"])
    domains.change(mail, by=by, now=NOW, servers=servers, exception_letter=" นร ๑ ")
    assert (mail.hosts, mail.selectors) == ([f"www.{mail.name}"], ["s1"])
    assert mail.exception_letter == "นร ๑"
    domains.change(mail, by=by, now=NOW, exception_letter="นร ๑")
    assert AuditEvent.objects.filter(act="domain_changed").count() == 1


def test_the_word_that_nothing_is_forwarded_is_given_by_somebody_and_taken_back() -> None:
    mail = domain(agency())
    by = officer(mail.agency)
    domains.change(mail, by=by, now=NOW, no_forwarding=True)
    assert (mail.no_forwarding_at, mail.no_forwarding_by) == (NOW, by)
    domains.change(mail, by=by, now=NOW, no_forwarding=False)
    assert (mail.no_forwarding_at, mail.no_forwarding_by) == (None, None)


def test_a_role_nobody_knows_is_refused() -> None:
    made = agency()
    with pytest.raises(domains.UnknownRole):
        domains.add(made, "agency.go.th", "both", by=officer(made), now=NOW)


def test_a_hundred_domains_are_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "MOST_DOMAINS", 1)
    made = agency()
    domain(made)
    with pytest.raises(domains.TooManyDomains):
        domains.add(made, "agency.go.th", "mail", by=officer(made), now=NOW)


def test_the_list_is_of_one_agency() -> None:
    made = agency()
    domain(made)
    domain(agency())
    assert CheckedDomain.objects.kept().filter(agency=made).count() == 1
    assert Agency.objects.filter(checked_domains__isnull=False).count() == 2
