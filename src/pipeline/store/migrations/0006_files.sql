-- The files read on earlier nights, as they were then: one that is still the same need not be read again.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL -- nanoseconds since 1970
) STRICT, WITHOUT ROWID;
