"""The use cases, one module each. They know the ports only, and own the transaction boundary."""
