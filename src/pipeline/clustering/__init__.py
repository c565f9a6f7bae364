"""Finding what reports one event: term vectors, similarity in context, average link, and ids across nights."""
