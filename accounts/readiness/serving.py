"""Whose mail is served: the standing of a mail domain's agency at the gate (clause 2.2).

What counts is the agency of the *domain*: who has been given an account on the central domain
is served, though their own agency is not ready.
"""

from __future__ import annotations

from accounts.models import Account, Agency


def closed_agency(account: Account) -> Agency | None:
    """The agency that keeps the mail of this account's address from being served, if one does.

    No query where the account's own agency is open. A domain of no agency has no gate.
    """
    if account.agency.is_open:
        return None
    domain = account.address.rpartition("@")[2].lower()
    found = Agency.objects.filter(domains__domain=domain).first()
    return None if found is None or found.is_open else found
