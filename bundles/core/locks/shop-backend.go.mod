module sitewright.invalid/shop-backend

go 1.26.0
