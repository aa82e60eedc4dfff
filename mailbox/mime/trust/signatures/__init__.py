"""Verifying DKIM signatures ourselves (RFC 6376), where our MTA's word is not asked for."""
