"""Who asks, by the word of those who issue credentials."""
