"""Missed fractions: the situation, the options, their order, and the plan that follows from a choice."""
