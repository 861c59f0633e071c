package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed rules.json
var embedded []byte

// Site is what a host's configuration says: what stands on it, and the rules, with the customer's words over ours.
type Site struct {
	Home         string   `json:"home"`          // where checks keep what they keep
	Host         string   `json:"host"`          // its name
	ControlPlane bool     `json:"control_plane"` // whether etcd runs here
	Registry     bool     `json:"registry"`      // whether the site's registry is here
	ClockWaived  bool     `json:"clock_waived"`  // whether it was said that nothing keeps the clock here
	Served       []string `json:"served"`        // addresses whose certificates are looked at as they are shown
	Kubeconfig   string   `json:"kubeconfig"`    // by which certificates in Secrets are looked at; empty: not by this host
	Rules        Rules    `json:"rules"`

	Intervals map[string]int `json:"-"` // seconds between runs, as the timers have them
}

// Rules are the limits of all checks, and where each looks. Each is explained in docs/checks.md.
type Rules struct {
	Backups      map[string]BackupRule `json:"backups"`
	Certificates CertificateRules      `json:"certificates"`
	Clock        ClockRules            `json:"clock"`
	Disks        DiskRules             `json:"disks"`
	Drift        DriftRules            `json:"drift"`
	Etcd         EtcdRules             `json:"etcd"`
	Registry     RegistryRules         `json:"registry"`
}

// readSite lays a host's configuration over the rules that the program brings.
func readSite(path string) (Site, error) {
	site := Site{Home: "/var/lib/sitewright/checks"}
	ours := struct {
		Intervals *map[string]int `json:"intervals"`
		Rules     *Rules          `json:"rules"`
	}{&site.Intervals, &site.Rules}
	if err := strictly(embedded, &ours); err != nil {
		return site, fmt.Errorf("rules.json: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return site, err
	}
	if err := strictly(text, &site); err != nil {
		return site, fmt.Errorf("%s: %w", path, err)
	}
	if site.Rules.Etcd.Folder == "" {
		site.Rules.Etcd.Folder = filepath.Join(site.Home, "etcd")
	}
	return site, nil
}

// strictly reads JSON; a key that nothing is called by is a mistake, not something to pass over.
func strictly(text []byte, into any) error {
	reader := json.NewDecoder(bytes.NewReader(text))
	reader.DisallowUnknownFields()
	if err := reader.Decode(into); err != nil {
		return err
	}
	if reader.More() {
		return fmt.Errorf("there is more after its end")
	}
	return nil
}

// matches says whether one of the patterns is for that path.
func matches(patterns []string, path string) bool {
	for _, pattern := range patterns {
		if found, err := filepath.Match(pattern, path); found && err == nil {
			return true
		}
	}
	return false
}
