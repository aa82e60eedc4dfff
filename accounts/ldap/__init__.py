"""An agency's LDAP directory: connections, paged searches, attributes. Knows no table."""
