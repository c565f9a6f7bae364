"""The web: one bounded request, many at once with manners, and what feeds and pages answer."""
