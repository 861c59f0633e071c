"""The API of a cluster, spoken to through the first control plane that answers."""
