"""Fifteen signs of trouble in data access: found by rules, or by a person with a checklist."""
