"""Where sessions are kept: Django's database store, with the owner beside each row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from accounts.models import Session

PUBLIC_ID = "public_id"
SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
BROWSER = "browser"
NETWORK_ADDRESS = "network_address"


class SessionStore(DatabaseStore):
    """Named by settings.SESSION_ENGINE. A session without a signed-in account has no owner."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # the class above
        owner = data.get(SESSION_KEY)
        if owner is None or PUBLIC_ID not in data:
            return row
        row.account_id = int(owner)
        row.public_id = UUID(data[PUBLIC_ID])
        row.signed_in_at = datetime.fromisoformat(data[SIGNED_IN_AT])
        row.seen_at = datetime.fromisoformat(data[SEEN_AT])
        row.browser = data[BROWSER]
        row.network_address = data[NETWORK_ADDRESS]
        return row
