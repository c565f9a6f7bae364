-- Newsfold's state: nights as they were decided, runs, and the delivery ledger.
-- Times are ISO 8601 text in UTC; a column that holds JSON says so.

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    night TEXT NOT NULL,
    started TEXT NOT NULL,
    finished TEXT,
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE editions (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    cutoff TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    text TEXT NOT NULL,
    page TEXT NOT NULL,
    quiet INTEGER NOT NULL,
    counts TEXT NOT NULL -- JSON: records.Counts
) STRICT;

CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    edition TEXT NOT NULL REFERENCES editions (id),
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    url TEXT NOT NULL,
    published TEXT,
    lang TEXT NOT NULL,
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    extra TEXT NOT NULL -- JSON: the keys passed through
) STRICT;

CREATE INDEX articles_by_location ON articles (location);

CREATE TABLE stories (
    edition TEXT NOT NULL REFERENCES editions (id),
    id TEXT NOT NULL,
    headline TEXT NOT NULL,
    continues TEXT NOT NULL,
    continues_night TEXT NOT NULL,
    PRIMARY KEY (edition, id)
) STRICT;

CREATE INDEX stories_by_id ON stories (id);

-- Which copy group and story an article belongs to; a lead is its own lead. `position` keeps the story's order.
CREATE TABLE memberships (
    edition TEXT NOT NULL,
    article TEXT NOT NULL REFERENCES articles (id),
    story TEXT NOT NULL,
    position INTEGER NOT NULL,
    lead TEXT NOT NULL REFERENCES articles (id),
    similarity REAL NOT NULL,
    containment REAL NOT NULL,
    exact INTEGER NOT NULL,
    PRIMARY KEY (edition, article),
    FOREIGN KEY (edition, story) REFERENCES stories (edition, id)
) STRICT;

CREATE INDEX memberships_by_story ON memberships (edition, story, position);
CREATE INDEX memberships_by_article ON memberships (article);

-- A story's place in the edition, with its digest.
CREATE TABLE entries (
    edition TEXT NOT NULL,
    story TEXT NOT NULL,
    rank INTEGER NOT NULL,
    score REAL NOT NULL,
    first_seen TEXT,
    updated TEXT,
    headline TEXT NOT NULL,
    method TEXT NOT NULL,
    model TEXT NOT NULL,
    sentences TEXT NOT NULL,     -- JSON: list of records.DigestSentence
    disagreements TEXT NOT NULL, -- JSON: list of records.Disagreement
    PRIMARY KEY (edition, story),
    FOREIGN KEY (edition, story) REFERENCES stories (edition, id)
) STRICT;

CREATE TABLE left_out (
    edition TEXT NOT NULL REFERENCES editions (id),
    position INTEGER NOT NULL,
    story TEXT NOT NULL,
    headline TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (edition, position)
) STRICT;

CREATE INDEX left_out_by_story ON left_out (story);

-- `kind` is 'item' for something that came in, 'source' for a source that could not be read.
CREATE TABLE rejects (
    edition TEXT NOT NULL REFERENCES editions (id),
    kind TEXT NOT NULL CHECK (kind IN ('item', 'source')),
    position INTEGER NOT NULL,
    stage TEXT NOT NULL,
    location TEXT NOT NULL,
    reason TEXT NOT NULL,
    article TEXT NOT NULL,
    PRIMARY KEY (edition, kind, position)
) STRICT;

CREATE INDEX rejects_by_article ON rejects (article);
CREATE INDEX rejects_by_location ON rejects (location);

-- The ledger: one row for each message, with its frozen bytes, before any connection opens.
-- NOCASE: a recipient respelt in capitals is the same recipient and gets no second message.
CREATE TABLE deliveries (
    edition TEXT NOT NULL REFERENCES editions (id),
    list TEXT NOT NULL,
    recipient TEXT NOT NULL COLLATE NOCASE,
    message_id TEXT NOT NULL,
    content BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'unknown')),
    attempts INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    updated_at TEXT NOT NULL,
    PRIMARY KEY (edition, list, recipient)
) STRICT;

CREATE TABLE suppressed (
    recipient TEXT PRIMARY KEY COLLATE NOCASE,
    reason TEXT NOT NULL,
    since TEXT NOT NULL
) STRICT;
