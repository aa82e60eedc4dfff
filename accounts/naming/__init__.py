"""How names are spelt: tools that know no tables."""
