module sitewright.invalid/log-probe

go 1.26.0
