"""A film as text, as a page and as data. Never looks at a Session: a film is all it needs."""
