module sitewright.invalid/shop-frontend

go 1.26.0
