-- The pages of an edition's stories as they were rendered on the night: frozen like the edition, and compressed.

CREATE TABLE story_pages (
    edition TEXT NOT NULL REFERENCES editions (id),
    rank INTEGER NOT NULL,
    story TEXT NOT NULL,
    page BLOB NOT NULL, -- HTML in UTF-8, as zlib compresses it
    PRIMARY KEY (edition, rank)
) STRICT;

CREATE INDEX entries_by_story ON entries (story);
