"""The local page: one address is one state, GET only; the answers are those of the front door."""
