-- What is written to those who chose a list's title or topics of their own: frozen with the night, and compressed.

CREATE TABLE letters (
    edition TEXT NOT NULL REFERENCES editions (id),
    title TEXT NOT NULL,  -- of the list, '' for the edition's
    topics TEXT NOT NULL, -- JSON: the names in the order of the choice
    subject TEXT NOT NULL,
    html BLOB NOT NULL, -- UTF-8, as zlib compresses it
    text BLOB NOT NULL, -- the same
    quiet INTEGER NOT NULL,
    PRIMARY KEY (edition, title, topics)
) STRICT;
