"""Two versions are enough."""

ROLLOUT = ("expand", "start V3", "stop V1", "backfill", "require", "contract", "start V2", "stop V2")
