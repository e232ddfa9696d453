"""The services that Switchboard calls."""
