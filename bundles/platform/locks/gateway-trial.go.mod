module sitewright.invalid/gateway-trial

go 1.26.0
