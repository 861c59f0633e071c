"""The report: one source for people who sign and people who build, as HTML, PDF and a spreadsheet, in two languages."""
