-- Ids of stories that turned out to be one with an older story, with that story's id and the night that found it.
-- The story may itself have become an alias since; following the rows always ends at an id that is none.

CREATE TABLE aliases (
    alias TEXT PRIMARY KEY,
    story TEXT NOT NULL,
    edition TEXT NOT NULL REFERENCES editions (id),
    CHECK (alias != story)
) STRICT;

CREATE INDEX aliases_by_story ON aliases (story);
