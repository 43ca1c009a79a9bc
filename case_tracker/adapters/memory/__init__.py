"""The adapters that keep cases in memory. Held to the same contract tests as the real ones."""
