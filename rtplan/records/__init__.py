"""What other systems wrote of what was given."""
