module sitewright.invalid/tls-proxy

go 1.26.0
