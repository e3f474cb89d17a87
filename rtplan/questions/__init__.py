"""Questions other than a plan's: doses, comparisons, start dates, days, lists."""
