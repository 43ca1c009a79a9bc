"""How the tables came to be, one revision at a time. A revision never imports the application.

What a revision did last year must not change because a model changed today.
"""
