module sitewright.invalid/check

go 1.26.0
