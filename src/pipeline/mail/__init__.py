"""Build a message and hand it over: to an SMTP server, or to a folder."""
