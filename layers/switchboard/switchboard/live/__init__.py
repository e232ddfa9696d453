"""The live view of a transcript: one route, served by a process of its own as it streams."""
