"""Compare what a vendor's product says it needs with manifests and answers, before anything is deployed.

`files` reads a folder and does all input; everything else is pure: `statements` and `objects` are what was read,
`rules` say what contradicts what, `checking` puts them together.
"""
