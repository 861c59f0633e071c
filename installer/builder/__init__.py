"""The vendor's side: how a recipe becomes one signed bundle."""
