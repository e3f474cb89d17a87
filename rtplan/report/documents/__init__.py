"""The JSON documents of the answers, one file an answer."""
