"""Formulae, tissues, and what a course does to them."""
