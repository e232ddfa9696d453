"""Where Switchboard keeps things."""
