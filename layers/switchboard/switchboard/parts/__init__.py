"""The parts of one process, by what they do. `bootstrap.py` puts them together."""
