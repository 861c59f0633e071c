module sitewright.invalid/flannel-conflist

go 1.26.0
