"""An Internet of the tests' own: DNS, mail and web servers behind real ports, no way out."""
