"""Outputs: a result becomes sections, and sections become text, HTML, Excel, CSV."""
