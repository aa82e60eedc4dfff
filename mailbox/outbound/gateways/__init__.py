"""An agency's gateways: which of them a letter goes through, and whether they may be asked now."""
