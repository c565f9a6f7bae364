-- Who has left a list, and for whom the tokens in unsubscribe links stand.

CREATE TABLE unsubscribed (
    list TEXT NOT NULL,
    recipient TEXT NOT NULL COLLATE NOCASE,
    reason TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (list, recipient)
) STRICT;

CREATE TABLE tokens (
    token TEXT PRIMARY KEY,
    list TEXT NOT NULL,
    recipient TEXT NOT NULL COLLATE NOCASE
) STRICT;

CREATE INDEX tokens_by_recipient ON tokens (list, recipient);
