"""What the probe's functions share."""

NAME = "probe"
