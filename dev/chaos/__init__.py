"""Break everything at once for a minute, and count what became of the transcripts."""
