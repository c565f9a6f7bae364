"""What a reader sees of an edition: one view, prepared once, that the mail, the text and the page share."""
