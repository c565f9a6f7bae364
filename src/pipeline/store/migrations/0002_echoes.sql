-- Articles that repeat one of an earlier night, and how alike the two are.

CREATE TABLE echoes (
    edition TEXT NOT NULL REFERENCES editions (id),
    article TEXT NOT NULL REFERENCES articles (id),
    earlier TEXT NOT NULL REFERENCES articles (id),
    similarity REAL NOT NULL,
    containment REAL NOT NULL,
    PRIMARY KEY (edition, article)
) STRICT;

CREATE INDEX echoes_by_article ON echoes (article);
CREATE INDEX echoes_by_earlier ON echoes (earlier);
CREATE INDEX articles_by_edition ON articles (edition);
