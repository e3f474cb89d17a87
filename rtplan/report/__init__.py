"""From an answer to what people see and machines read."""
