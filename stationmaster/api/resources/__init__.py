"""One file for each resource: its public shapes, then its routes."""
