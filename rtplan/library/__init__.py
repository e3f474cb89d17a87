"""What is shipped in `configs/`, and the user's own files: read strictly."""
