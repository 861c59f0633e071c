// Package ui serves sitewright's page of alerts in place of upstream's, whose language has its packages elsewhere.
package ui

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/prometheus/common/route"
)

//go:embed app/dist
var pages embed.FS

// Register adds the page to what Alertmanager answers.
func Register(r *route.Router) {
	folder, err := fs.Sub(pages, "app/dist")
	if err != nil {
		panic(err)
	}
	for path, name := range map[string]string{"/": "index.html", "/alerts.js": "alerts.js"} {
		r.Get(path, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, req, folder, name)
		})
	}
}
