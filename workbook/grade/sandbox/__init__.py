"""Walls around a learner's code, made of what the Linux kernel offers to everybody."""
