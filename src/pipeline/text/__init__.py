"""Pure functions over text: normalising, sentences, words, facts, page dumps."""
