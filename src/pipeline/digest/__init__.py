"""From a story to true sentences: select, write, check."""
