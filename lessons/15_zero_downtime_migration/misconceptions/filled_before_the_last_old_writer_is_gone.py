"""The backfill is through, so the rule can come."""

ROLLOUT = ("expand", "start V2", "backfill", "stop V1", "require", "start V3", "stop V2", "contract")
