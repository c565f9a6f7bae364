-- What is known of each feed, saved with the night that asked it; `url` is the configuration's.
CREATE TABLE feeds (
    url TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    since TEXT NOT NULL,
    etag TEXT NOT NULL,
    modified TEXT NOT NULL,
    failures INTEGER NOT NULL,
    problem TEXT NOT NULL,
    succeeded TEXT,
    next_try TEXT,
    retired TEXT
) STRICT;
