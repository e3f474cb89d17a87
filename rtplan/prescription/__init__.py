"""What is ordered: no dates."""
