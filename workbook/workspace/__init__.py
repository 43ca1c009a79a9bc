"""A folder that is the learner's: made, brought up to date, never overwritten."""
