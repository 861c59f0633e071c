module sitewright.invalid/log-store

go 1.26.0
