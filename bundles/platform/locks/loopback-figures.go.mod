module sitewright.invalid/loopback-figures

go 1.26.0
