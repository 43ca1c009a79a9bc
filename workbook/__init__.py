"""The tool around the lessons: learner, instructor and author commands. Never imported by the app."""
