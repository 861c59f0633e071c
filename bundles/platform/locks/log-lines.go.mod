module sitewright.invalid/log-lines

go 1.26.0
