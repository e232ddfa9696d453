"""What developers run and nobody ships: the local engine's launcher and the upstream simulator."""
