"""State of the wizard: no widget, and nothing of Textual."""
