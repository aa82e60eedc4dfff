"""The cache speaks JSON only: what lies in Redis must never be able to run."""

from __future__ import annotations

import json
from typing import Any


class JsonSerializer:
    """Django's RedisCache serializer, without pickle."""

    def dumps(self, value: Any) -> bytes | int:
        if type(value) is int:
            return value  # Redis counts these itself.
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError:
            return None
