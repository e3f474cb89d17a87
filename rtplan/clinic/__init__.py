"""Which days a clinic is open, and what it allows."""
