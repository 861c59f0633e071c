"""What people and programs see: console, JSON lines, terminal interface. No rule lives here."""
