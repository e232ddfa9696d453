"""What Switchboard is about, in plain values and pure functions: no vendor, no I/O."""
