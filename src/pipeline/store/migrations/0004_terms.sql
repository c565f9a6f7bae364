-- How common terms were in the articles of earlier nights. Both tables stand as of one night, the latest that was
-- added: what came in before it counts for less the longer ago it was.

CREATE TABLE terms (
    term TEXT PRIMARY KEY,
    texts REAL NOT NULL -- in how many texts it stood
) STRICT, WITHOUT ROWID;

-- One row, none before the first night. `texts` is the number of all texts.
CREATE TABLE terms_as_of (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    night TEXT NOT NULL,
    texts REAL NOT NULL
) STRICT;
