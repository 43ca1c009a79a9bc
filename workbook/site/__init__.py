"""The site: lessons, solutions and notebooks as pages, and lessons that run in the page."""
