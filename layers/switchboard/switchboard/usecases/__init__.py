"""One file a verb: what the product does, readable aloud, with no vendor in sight."""
