module sitewright.invalid/store-gate

go 1.26.0
