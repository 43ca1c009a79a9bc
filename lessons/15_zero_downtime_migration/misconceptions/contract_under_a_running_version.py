"""V3 is there, so the old key can go."""

ROLLOUT = ("expand", "start V2", "stop V1", "backfill", "require", "start V3", "contract", "stop V2")
