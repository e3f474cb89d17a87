"""Ways to make up for what was lost: extra sessions, another dose per fraction."""
