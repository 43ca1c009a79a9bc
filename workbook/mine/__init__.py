"""The application on the code that a learner has finished."""
