"""How the relay shares itself out: turns by lane and agency, and few commits for many letters."""
