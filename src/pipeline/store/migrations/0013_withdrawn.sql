-- A message that nobody wants any more is no failure: the ledger knows one state more, for which it is made again.

CREATE TABLE deliveries_with_withdrawn (
    edition TEXT NOT NULL REFERENCES editions (id),
    list TEXT NOT NULL,
    recipient TEXT NOT NULL COLLATE NOCASE,
    message_id TEXT NOT NULL,
    content BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'withdrawn', 'unknown')),
    attempts INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    updated_at TEXT NOT NULL,
    expired TEXT,
    PRIMARY KEY (edition, list, recipient)
) STRICT;

INSERT INTO deliveries_with_withdrawn
SELECT edition, list, recipient, message_id, content, state, attempts, detail, updated_at, expired
FROM deliveries ORDER BY rowid;

DROP TABLE deliveries;

ALTER TABLE deliveries_with_withdrawn RENAME TO deliveries;

CREATE INDEX deliveries_with_bytes ON deliveries (edition) WHERE expired IS NULL;
