"""Plans: from names to inputs, from inputs to a plan, and the file that keeps it."""
