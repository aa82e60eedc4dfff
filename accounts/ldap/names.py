"""Names of entries (RFC 4514), read only for the units they stand in, never to know anybody."""

from __future__ import annotations

from accounts.ldap.maps import NotText, text_of

try:
    import ldap
    import ldap.dn
except ImportError:  # As in `connection`: then no name is ever asked about.
    ldap = None


def units_of(dn: str, base: str) -> tuple[str, ...]:
    """Return the ou's between a base and an entry, outermost first. Raises NotText."""
    steps, above = _steps(dn), _steps(base)
    if above and len(steps) > len(above):
        steps = steps[: -len(above)]
    units = [value for step in steps[1:] for kind, value in step if kind == "ou"]
    return tuple(reversed(units))


def is_name(dn: str) -> bool:
    """Tell whether this is the name of an entry; where LDAP is not installed, always."""
    return ldap is None or bool(dn and ldap.dn.is_dn(dn))


def _steps(dn: str) -> list[list[tuple[str, str]]]:
    try:
        parsed = ldap.dn.str2dn(dn)
    except ldap.DECODING_ERROR:
        raise NotText("dn") from None
    return [
        [(kind.lower(), text_of(value.encode(), "dn")) for kind, value, _flags in step]
        for step in parsed
    ]
