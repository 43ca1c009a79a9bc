"""The HTTP API. A route translates; it never touches a Session."""
