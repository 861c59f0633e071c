"""The pages that ask: one module for each step of the answers."""
