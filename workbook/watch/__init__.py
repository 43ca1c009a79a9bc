"""The watcher: save a file, read the verdict, know what to do next. `start.py` puts it together.

Runs no learner's code itself: a warm process does. Only the main thread draws and decides; keys,
files and answers come in as events.
"""
