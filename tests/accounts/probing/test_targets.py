from __future__ import annotations

from ipaddress import ip_network

import pytest

from accounts.probing.failing import ProbeFailed
from accounts.probing.targets import host_of, why_not

REFUSED = [
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("::1", "loopback"),
    ("0.0.0.0", "reserved"),  # noqa: S104  # refused, not bound
    ("0.1.2.3", "reserved"),
    ("::", "reserved"),
    ("10.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "private"),
    ("100.127.255.255", "private"),
    ("fc00::1", "private"),
    ("fd12:3456::1", "private"),
    ("fec0::1", "private"),
    ("169.254.1.1", "link_local"),
    ("fe80::1", "link_local"),
    ("fe80::1%eth0", "link_local"),
    ("2606:4700::1%eth0", "link_local"),
    ("169.254.169.254", "metadata"),
    ("169.254.170.2", "metadata"),
    ("168.63.129.16", "metadata"),
    ("100.100.100.200", "metadata"),
    ("192.0.0.192", "metadata"),
    ("fd00:ec2::254", "metadata"),
    ("fd20:ce::254", "metadata"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("ff02::1", "multicast"),
    ("192.0.0.8", "reserved"),
    ("192.0.2.1", "reserved"),
    ("198.51.100.1", "reserved"),
    ("203.0.113.1", "reserved"),
    ("198.18.0.1", "reserved"),
    ("198.19.255.255", "reserved"),
    ("192.88.99.1", "reserved"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("2001:db8::1", "reserved"),
    ("2001:2::1", "reserved"),
    ("2001:10::1", "reserved"),
    ("3fff::1", "reserved"),
    ("100::1", "reserved"),
    ("5f00::1", "reserved"),
    ("4000::1", "reserved"),
    ("::ffff:127.0.0.1", "mapped"),
    ("::ffff:169.254.169.254", "mapped"),
    ("::ffff:8.8.8.8", "mapped"),
    ("::ffff:0:10.0.0.1", "mapped"),
    ("64:ff9b::7f00:1", "mapped"),
    ("64:ff9b:1::a00:1", "mapped"),
    ("2002:7f00:1::", "mapped"),
    ("2002:a00:1::1", "mapped"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "mapped"),
    ("::127.0.0.1", "reserved"),
    ("127.1", "reserved"),
    ("0x7f000001", "reserved"),
    ("localhost", "reserved"),
    ("", "reserved"),
]


@pytest.mark.parametrize(("address", "kind"), REFUSED)
def test_what_is_not_public_is_refused_and_named(address: str, kind: str) -> None:
    assert why_not(address) == kind


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "203.150.0.1", "100.63.255.255", "172.32.0.1", "2001:3c8::1", "2606:4700::1"],
)
def test_public_addresses_are_gone_to(address: str) -> None:
    assert why_not(address) == ""


def test_the_test_profile_allows_its_own_network_and_no_other() -> None:
    also = (ip_network("127.0.0.0/8"), ip_network("fd77::/64"))
    assert why_not("127.0.0.1", also) == "" and why_not("fd77::1", also) == ""
    assert why_not("10.0.0.1", also) == "private"
    assert why_not("::ffff:127.0.0.1", also) == "mapped"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "0x",
        "foo.0x7f",
        "good.go.th.1",
        "[::1]",
        "::1",
        "::ffff:127.0.0.1",
        "[::ffff:7f00:1]",
        "fe80::1%25eth0",
        "127。0。0。1",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
    ],
)
def test_an_address_in_a_names_place_is_refused_however_it_is_spelt(host: str) -> None:
    with pytest.raises(ProbeFailed) as caught:
        host_of(host)
    assert (caught.value.status, caught.value.error) == ("forbidden", "literal")


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "localhost",
        "a..go.th",
        "-a.go.th",
        "a-.go.th",
        "a b.go.th",
        "a\r\nb.go.th",
        "a\0b.go.th",
        "a%2eb.go.th",
        "a/b.go.th",
        "a\\b.go.th",
        "a@b.go.th",
        "a#.go.th",
        f"{'a' * 64}.go.th",
        f"{'a.' * 127}go.th",
        "a.go.-th",
        "\u202egov.go.th",
        "\ud800.go.th",
    ],
)
def test_what_is_no_hosts_name_is_not_asked_for(host: str) -> None:
    with pytest.raises(ProbeFailed) as caught:
        host_of(host)
    assert (caught.value.status, caught.value.error) == ("broken", "bad_name")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("WWW.Good.GO.TH.", "www.good.go.th"),
        ("mx_1.good.go.th", "mx_1.good.go.th"),
        ("กรม.ไทย", "xn--12c5dxa.xn--o3cw4h"),
        ("xn--12c5dxa.xn--o3cw4h", "xn--12c5dxa.xn--o3cw4h"),
    ],
)
def test_a_name_is_made_what_dns_knows_it_by(host: str, name: str) -> None:
    if name.startswith("xn--") and not host.isascii():
        name = host.encode("idna").decode()
    assert host_of(host) == name
