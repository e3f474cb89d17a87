"""One page an answer."""
