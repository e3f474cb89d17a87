"""Chemotherapy cycles beside the fractions."""
