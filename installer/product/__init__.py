"""What a vendor's product says it needs, held against manifests and answers, before anything is deployed.

`files` reads a folder and does all input; everything else is pure: `statements` and `objects` are what was read,
`rules` say what contradicts what, `checking` puts them together.
"""
