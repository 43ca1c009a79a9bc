"""The learners' edition: a repository of its own to hand out. Holds no solution."""
