"""Grading a cohort. The process that decides never imports a learner's code and never unpickles."""
