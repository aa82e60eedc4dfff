"""Lines for the usual servers: nginx, Apache, IIS, Postfix, Dovecot."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.readiness.wording.cures.pasting import Facts, PasteLine, host_of

_IIS_OLD = """\
$base = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols'
foreach ($old in 'SSL 3.0','TLS 1.0','TLS 1.1') {
  New-Item "$base\\$old\\Server" -Force | Out-Null
  Set-ItemProperty "$base\\$old\\Server" Enabled 0 -Type DWord
}"""
_IIS_HTTPS = """\
<rewrite><rules>
  <rule name="HTTPS" stopProcessing="true">
    <match url="(.*)" />
    <conditions><add input="{HTTPS}" pattern="off" /></conditions>
    <action type="Redirect" url="https://{HTTP_HOST}/{R:1}" redirectType="Permanent" />
  </rule>
</rules></rewrite>"""
_HSTS = "max-age=31536000"
_HEADERS = {
    "csp": ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'"),
    "nosniff": ("X-Content-Type-Options", "nosniff"),
    "frames": ("X-Frame-Options", "SAMEORIGIN"),
    "referrer": ("Referrer-Policy", "strict-origin-when-cross-origin"),
}


def nginx_versions(facts: Facts, name: str) -> PasteLine:
    return PasteLine("nginx", _("nginx, in the server block"), "ssl_protocols TLSv1.2 TLSv1.3;")


def apache_versions(facts: Facts, name: str) -> PasteLine:
    return PasteLine(
        "apache", _("Apache, in the virtual host"), "SSLProtocol -all +TLSv1.2 +TLSv1.3"
    )


def iis_versions(facts: Facts, name: str) -> PasteLine:
    return PasteLine(
        "iis", _("Windows Server, PowerShell as administrator; then restart"), _IIS_OLD
    )


def postfix_versions(facts: Facts, name: str) -> PasteLine:
    return PasteLine("postfix", _postfix(), "smtpd_tls_protocols = >=TLSv1.2")


def postfix_tls(facts: Facts, name: str) -> PasteLine:
    host = host_of(facts, name)
    lines = (
        "smtpd_tls_security_level = may",
        f"smtpd_tls_chain_files = /etc/letsencrypt/live/{host}/privkey.pem,"
        f" /etc/letsencrypt/live/{host}/fullchain.pem",
        "smtpd_tls_protocols = >=TLSv1.2",
    )
    return PasteLine("postfix", _postfix(), "\n".join(lines))


def postfix_auth(facts: Facts, name: str) -> PasteLine:
    return PasteLine("postfix", _postfix(), "smtpd_tls_auth_only = yes")


def postfix_port(facts: Facts, name: str) -> PasteLine:
    return PasteLine("postfix", _postfix(), "inet_interfaces = all")


def _postfix() -> str:
    return _("Postfix, /etc/postfix/main.cf")


def dovecot_auth(facts: Facts, name: str) -> PasteLine:
    lines = "# 2.4\nauth_allow_cleartext = no\nssl = required\n# 2.3\ndisable_plaintext_auth = yes"
    return PasteLine("dovecot", _("Dovecot, /etc/dovecot/local.conf"), lines)


def nginx_https(facts: Facts, name: str) -> PasteLine:
    block = (
        "server {\n  listen 80;\n  listen [::]:80;\n"
        f"  server_name {host_of(facts, name)};\n  return 301 https://$host$request_uri;\n}}"
    )
    return PasteLine("nginx", _("nginx, a server block of its own"), block)


def apache_https(facts: Facts, name: str) -> PasteLine:
    host = host_of(facts, name)
    block = (
        f"<VirtualHost *:80>\n  ServerName {host}\n"
        f"  Redirect permanent / https://{host}/\n</VirtualHost>"
    )
    return PasteLine("apache", _("Apache, a virtual host of its own"), block)


def iis_https(facts: Facts, name: str) -> PasteLine:
    return PasteLine(
        "iis", _("IIS, web.config, in system.webServer (needs URL Rewrite)"), _IIS_HTTPS
    )


def nginx_hsts(facts: Facts, name: str) -> PasteLine:
    line = f'add_header Strict-Transport-Security "{_HSTS}" always;'
    return PasteLine("nginx", _("nginx, in the server block"), line)


def apache_hsts(facts: Facts, name: str) -> PasteLine:
    line = f'Header always set Strict-Transport-Security "{_HSTS}"'
    return PasteLine("apache", _("Apache, in the virtual host"), line)


def iis_hsts(facts: Facts, name: str) -> PasteLine:
    line = (
        "<httpProtocol><customHeaders>\n"
        f'  <add name="Strict-Transport-Security" value="{_HSTS}" />\n'
        "</customHeaders></httpProtocol>"
    )
    return PasteLine("iis", _("IIS, web.config, in system.webServer"), line)


def nginx_headers(missing: list[str]) -> PasteLine | None:
    """The headers that are missing; None where none are."""
    wanted = [_HEADERS[each] for each in missing if each in _HEADERS]
    lines = [f'add_header {header} "{value}" always;' for header, value in wanted]
    return PasteLine("nginx", _("nginx, in the server block"), "\n".join(lines)) if lines else None


def chain_nginx(facts: Facts, name: str) -> PasteLine:
    host = host_of(facts, name)
    lines = (
        f"ssl_certificate /etc/letsencrypt/live/{host}/fullchain.pem;\n"
        f"ssl_certificate_key /etc/letsencrypt/live/{host}/privkey.pem;"
    )
    return PasteLine("nginx", _("nginx, in the server block"), lines)


def new_certificate(facts: Facts, name: str) -> PasteLine:
    command = f"certbot certonly --key-type ecdsa -d {host_of(facts, name)}"
    return PasteLine("shell", _("on the server, with certbot"), command)


def renewal(facts: Facts, name: str) -> PasteLine:
    command = f"certbot renew --cert-name {host_of(facts, name)} --force-renewal"
    return PasteLine("shell", _("on the server, with certbot"), command)
