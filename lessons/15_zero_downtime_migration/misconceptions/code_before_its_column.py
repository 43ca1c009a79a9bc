"""First the programs, then the database."""

ROLLOUT = ("start V2", "expand", "stop V1", "backfill", "require", "start V3", "stop V2", "contract")
