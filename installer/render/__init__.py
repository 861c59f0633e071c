"""Templates of a bundle: Jinja's language, read by Jinja and carried out here, within bounds."""
