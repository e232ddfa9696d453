"""The sideband host: one process that listens to many live calls and keeps their transcripts."""
