"""A prescription on dates: trains of fractions, and the rules they keep."""
