"""First the database, then the programs."""

ROLLOUT = ("expand", "start V2", "backfill", "require", "stop V1", "start V3", "stop V2", "contract")
