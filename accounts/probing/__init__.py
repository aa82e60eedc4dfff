"""The one client that asks strangers' servers, and what it may reach. No tables, no settings."""
