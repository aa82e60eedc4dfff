"""Reports on letters that have left (RFC 3462, RFC 3464): reading others', writing our own."""
