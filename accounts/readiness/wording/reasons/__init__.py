"""Everything that a check can give as its reason, in words."""

from accounts.readiness.wording.reasons import ours, secure, stable, trustworthy
from accounts.readiness.wording.said import Said

REASONS: dict[str, Said] = {
    **ours.REASONS,
    **stable.REASONS,
    **secure.REASONS,
    **trustworthy.REASONS,
}
