"""A warm process that runs lessons: loaded once, forked for each order.

`Helper` (helper.py) is its user's side. Never imports the app or a learner's file itself: each
order runs in a child of its own, which may kill, exit, hang, print or spawn and harms nobody.
"""
