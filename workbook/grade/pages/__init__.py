"""Pages for people: the class at a glance, and a page for each learner. Never changes a result."""
