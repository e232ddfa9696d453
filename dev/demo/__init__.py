"""`python -m dev.demo`: watch one voice session from its secret to its profile."""
