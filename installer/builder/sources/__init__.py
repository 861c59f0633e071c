"""Sources of a bundle's parts: each kind resolves to an identity for the lock, and makes files from it alone."""
