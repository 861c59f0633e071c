module sitewright.invalid/web-users

go 1.26.0

require (
	golang.org/x/crypto v0.47.0
	golang.org/x/net v0.49.0
)
