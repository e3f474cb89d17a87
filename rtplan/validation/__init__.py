"""Published cases: theirs beside ours."""
