"""What lateness costs: one rule for a cohort, stored with its results. Never touches a mark."""

import re

ACCEPT, REFUSE = "accept", "refuse"
_RULE = re.compile(r"(?P<share>\d{1,3}(?:\.\d+)?)%(?P<daily>/day)?")
_DAYS = re.compile(r"(?P<days>\d{1,4}(?:[.,]\d+)?)(?: ?(?:d|days?))?")


class LateRuleError(Exception):
    """The rule cannot be read; the message says how one is written."""


def check(rule: str) -> str:
    """Return the rule: `accept`, `refuse`, `20%` (once), or `10%/day`.

    Raises:
        LateRuleError: it is none of these.
    """
    match = _RULE.fullmatch(rule)
    if rule in (ACCEPT, REFUSE) or (match and float(match["share"]) <= 100):
        return rule
    raise LateRuleError(f"{rule!r} is no rule: write accept, refuse, 20% or 10%/day")


def keeps(rule: str, late: str) -> float:
    """Return which share of its points a submission keeps; 1.0 when it was in time.

    `late` is a number of days, or a word that only says that it was late: that counts as one day.
    """
    if not late or rule == ACCEPT:
        return 1.0
    match = _RULE.fullmatch(rule)
    if match is None:
        return 0.0
    days = days_of(late) if match["daily"] else 1.0
    return max(0.0, 1.0 - days * float(match["share"]) / 100)


def days_of(late: str) -> float:
    """Return how many days, begun days counted as whole ones."""
    match = _DAYS.fullmatch(late.strip())
    days = float(match["days"].replace(",", ".")) if match else 1.0
    return float(int(days) + (days > int(days)))


def shown(late: str) -> str:
    """Return lateness for a person: `late`, `1 day late`, `3 days late`."""
    if not late:
        return ""
    if not _DAYS.fullmatch(late.strip()):
        return "late"
    days = days_of(late)
    return f"{days:g} day{'' if days == 1 else 's'} late"
