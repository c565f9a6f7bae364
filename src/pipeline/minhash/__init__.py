"""Finding near-copies: shingles, MinHash signatures, banded candidates, exact overlap, and memory across nights."""
