module sitewright.invalid/shop

go 1.26.0
