"""Which cipher suites a server takes: one JSON request on stdin, one JSON answer on stdout.

Runs in an environment of its own (requirements.txt beside this file) and knows nothing of the
portal. Request: {"host", "address", "port", "starttls": "" | "smtp", "name", "seconds"}. It
connects to the address and nowhere else, one connection at a time; host is what the server is
called. Answer: {"scanner", "accepted": {version: [suites]}, "weak": [suites], "untested":
[versions], "error"}; a version that was not asked to its end is in "untested".

sslyze itself tries each of 500 suites on a connection of its own. Here all are offered at once;
what the server chooses is left out of the next offer, until it takes none: 20 to 30
connections to an honest web server instead of 500, and 6 to a mail server.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import signal
import sys
from collections.abc import Iterator
from importlib.metadata import version as version_of
from types import FrameType
from typing import Any

from nassl import _nassl
from nassl.legacy_ssl_client import LegacySslClient
from nassl.ssl_client import ClientCertificateRequested, OpenSslVerifyEnum, OpenSslVersionEnum
from sslyze import ServerNetworkConfiguration, ServerNetworkLocation
from sslyze.connection_helpers.tls_connection import NoCiphersAvailableBugInSSlyze, SslConnection
from sslyze.errors import (
    ConnectionToServerFailed,
    ServerRejectedConnection,
    ServerRejectedOpportunisticTlsNegotiation,
    ServerRejectedTlsHandshake,
    ServerTlsConfigurationNotSupported,
    TlsHandshakeTimedOut,
)
from sslyze.plugins.openssl_cipher_suites.cipher_suites import CipherSuitesRepository
from sslyze.server_connectivity import TlsVersionEnum
from sslyze.server_setting import ProtocolWithOpportunisticTlsEnum

VERSIONS = {
    "SSLv3": TlsVersionEnum.SSL_3_0,
    "TLSv1": TlsVersionEnum.TLS_1_0,
    "TLSv1.1": TlsVersionEnum.TLS_1_1,
    "TLSv1.2": TlsVersionEnum.TLS_1_2,
    "TLSv1.3": TlsVersionEnum.TLS_1_3,
}
_WEAK = re.compile(r"RC4|RC2|3DES|DES_CBC|DES40|DES_64|EXPORT|NULL|anon")
# A server that is asked this often and still takes more is not asked for the rest.
_MOST_OFFERS = 60
_SHORT_DH = "DHE with a key too short"
# An endless greeting fills memory, not the machine.
_MOST_MEMORY = 400 << 20


class Late(Exception):
    """The time is over; what has been learnt is said."""


class Failed(Exception):
    """The server could not be asked at all; the word is one of the portal's."""


class Scan:
    """One server. found: what it took, by version; open_ones: versions not asked to the end."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._is_mail = request.get("starttls") == "smtp"
        self.found: dict[str, list[str]] = {name: [] for name in VERSIONS}
        self.open_ones = list(VERSIONS)
        self._has_answered = False
        self._location = ServerNetworkLocation(
            hostname=request["host"], port=request["port"], ip_address=request["address"]
        )
        self._network = ServerNetworkConfiguration(
            tls_server_name_indication=request["host"],
            tls_opportunistic_encryption=(
                ProtocolWithOpportunisticTlsEnum.SMTP if self._is_mail else None
            ),
            smtp_ehlo_hostname=(request.get("name") or "localhost") if self._is_mail else None,
            network_timeout=5,
            network_max_retries=1,
        )

    def run(self) -> None:
        """Ask for every version. Raises Failed, and Late when the time is over."""
        for name in VERSIONS:
            are_over = [self._take_all(name, *offer) for offer in _offers(name, self._is_mail)]
            if all(are_over):
                self.open_ones.remove(name)

    def _take_all(self, version: str, suites: dict[str, str], is_legacy: bool) -> bool:
        """Offer until nothing is taken; True where the server has said its last no."""
        left = dict(suites)
        for _ in range(_MOST_OFFERS):
            try:
                taken = self._offer(version, left, is_legacy) if left else []
            except (_nassl.OpenSSLError, TlsHandshakeTimedOut):
                return False
            except (OSError, ConnectionToServerFailed) as error:
                if not self._has_answered:
                    raise Failed(_word_of(error)) from error
                return False
            self._has_answered = True
            if not taken:
                return True
            self.found[version] += taken.values()
            left = {name: suite for name, suite in left.items() if name not in taken}
        return False

    def _offer(self, version: str, suites: dict[str, str], is_legacy: bool) -> dict[str, str]:
        """What the server takes of these, both by OpenSSL's names; none: it takes none of them."""
        connection = SslConnection(
            self._location,
            self._network,
            VERSIONS[version],
            should_ignore_client_auth=True,
            should_use_legacy_openssl=is_legacy,
        )
        client = connection.ssl_client
        choose = client.set_ciphersuites if version == "TLSv1.3" else client.set_cipher_list
        choose(":".join(suites))
        try:
            with contextlib.suppress(ClientCertificateRequested):
                connection.connect(should_retry_connection=False)
            name = client.get_current_cipher_name()
            return {name: suites.get(name, name)}
        except ServerTlsConfigurationNotSupported:
            # Its Diffie-Hellman key is so short that our side hung up: it took one of these.
            return {name: _SHORT_DH for name in suites if re.search("DHE-|EDH-|ADH-", name)}
        except (ServerRejectedTlsHandshake, NoCiphersAvailableBugInSSlyze):
            return {}
        finally:
            connection.close()

    def answer(self, error: str = "") -> dict[str, Any]:
        accepted = {name: list(dict.fromkeys(each)) for name, each in self.found.items() if each}
        taken = dict.fromkeys(suite for suites in accepted.values() for suite in suites)
        return {
            "scanner": f"sslyze {version_of('sslyze')}",
            "accepted": accepted,
            "weak": [suite for suite in taken if is_weak(suite, self._is_mail)],
            "untested": self.open_ones,
            "error": error,
        }


def is_weak(suite: str, is_mail: bool) -> bool:
    """Whether nobody should take it. Between mail servers nobody's name is checked (RFC 7435):
    there an anonymous suite takes nothing away.
    """
    return suite == _SHORT_DH or bool(_WEAK.search(suite.replace("anon", "") if is_mail else suite))


def _offers(version: str, is_mail: bool) -> Iterator[tuple[dict[str, str], bool]]:
    """Suites by OpenSSL's names, the weak ones first, and whether its old release knows them.

    Not all in one: a long ClientHello is more than some servers read. Mail servers count
    connections: of them only SSLv3 and weak suites are asked for.
    """
    suites = {
        each.openssl_name: each.name
        for each in CipherSuitesRepository.get_all_cipher_suites(VERSIONS[version])
    }
    weak = {name: suite for name, suite in suites.items() if _WEAK.search(suite)}
    if weak:
        yield weak, True
    if is_mail and version != "SSLv3":
        return
    strong = {name: suite for name, suite in suites.items() if name not in weak}
    if version in ("TLSv1.2", "TLSv1.3"):
        old = _known_to_the_old() if version == "TLSv1.2" else set()
        yield {name: suite for name, suite in strong.items() if name not in old}, False
        strong = {name: suite for name, suite in strong.items() if name in old}
    if strong:
        yield strong, True


def _known_to_the_old() -> set[str]:
    client = LegacySslClient(
        ssl_version=OpenSslVersionEnum.TLSV1_2, ssl_verify=OpenSslVerifyEnum.NONE
    )
    client.set_cipher_list("ALL:COMPLEMENTOFALL")
    return set(client.get_cipher_list())


def _word_of(error: Exception) -> str:
    """The portal's word for why a server could not be asked."""
    if isinstance(error, ServerRejectedConnection):
        return "refused"
    if isinstance(error, ServerRejectedOpportunisticTlsNegotiation):
        return "no_starttls"
    said = str(error).lower()
    return "timeout" if "timed out" in said else "closed"


def main() -> None:
    request = json.loads(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    signal.signal(signal.SIGALRM, _stop)
    scan = Scan(request)
    error = ""
    signal.setitimer(signal.ITIMER_REAL, float(request.get("seconds") or 20))
    try:
        scan.run()
    except Late:
        error = "timeout"
    except Failed as failed:
        error = str(failed)
    except MemoryError:
        error = "too_much"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    json.dump(scan.answer(error), sys.stdout)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Late


if __name__ == "__main__":
    main()
