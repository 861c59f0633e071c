module sitewright.invalid/shared-folder

go 1.26.0
