-- What has been dropped, and on which night: `expired` stands where text, bytes, articles or pages were.

ALTER TABLE articles ADD COLUMN expired TEXT;            -- its text is gone
ALTER TABLE deliveries ADD COLUMN expired TEXT;          -- the message's bytes are gone
ALTER TABLE editions ADD COLUMN articles_expired TEXT;   -- its articles, copies, rejects and untold stories are gone
ALTER TABLE editions ADD COLUMN pages_expired TEXT;      -- the edition itself and its stories are gone

-- Articles that have been dropped and are no news should they come in again: 64 bits of the SHA-256 of their ids.
CREATE TABLE known (
    id INTEGER PRIMARY KEY
) STRICT;

CREATE INDEX articles_with_text ON articles (edition) WHERE expired IS NULL;
CREATE INDEX deliveries_with_bytes ON deliveries (edition) WHERE expired IS NULL;
CREATE INDEX memberships_by_lead ON memberships (lead);
