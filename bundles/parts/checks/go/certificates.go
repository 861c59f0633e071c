package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// CertificateRules say where certificates are, and how long before their ends somebody should know.
type CertificateRules struct {
	Files     []string      `json:"files"`  // patterns of PEM files and kubeconfigs
	Ignore    []string      `json:"ignore"` // patterns of files, addresses and Secrets that do not count
	Leaf      LifetimeRules `json:"leaf"`
	Authority LifetimeRules `json:"authority"`
}

// LifetimeRules are limits in days, and as a share of the certificate's whole life: the smaller one holds, for what is
// renewed every day never has a month left.
type LifetimeRules struct {
	WarningDays   float64 `json:"warning_days"`
	WarningShare  float64 `json:"warning_share"`
	CriticalDays  float64 `json:"critical_days"`
	CriticalShare float64 `json:"critical_share"`
}

// held is a certificate and where it was found.
type held struct {
	where string
	found *x509.Certificate
}

// certificates tells of the certificate of the host that ends next, by its own rules.
func certificates(ctx context.Context, site Site, _ Store, now time.Time) (Finding, error) {
	rules := site.Rules.Certificates
	all, flaws := inFiles(rules.Files)
	for _, address := range site.Served {
		shown, err := served(ctx, address)
		all, flaws = gathered(all, flaws, shown, err)
	}
	if site.Kubeconfig != "" {
		stored, err := inSecrets(ctx, site.Kubeconfig)
		all, flaws = gathered(all, flaws, stored, err)
	}
	all = slices.DeleteFunc(all, func(each held) bool { return matches(rules.Ignore, each.where) })
	if len(all) == 0 {
		return Finding{}, errors.Join(append(flaws, errors.New("no certificate was found"))...)
	}
	found := nearest(all, rules, now)
	if len(flaws) > 0 && found.State == OK {
		found = Finding{State: Warning, Value: found.Value, Limit: found.Limit, Unit: found.Unit, Subject: flaws[0].Error(),
			Remedy: "a certificate could not be looked at: see that what it names is there and answers"}
	}
	return found, nil
}

func gathered(all []held, flaws []error, more []held, err error) ([]held, []error) {
	if err != nil {
		flaws = append(flaws, err)
	}
	return append(all, more...), flaws
}

// nearest judges each certificate, and tells of the worst: of those in the same state, the one that ends first.
func nearest(all []held, rules CertificateRules, now time.Time) Finding {
	slices.SortStableFunc(all, func(one, other held) int { return one.found.NotAfter.Compare(other.found.NotAfter) })
	found := make([]Finding, len(all))
	for at, each := range all {
		found[at] = lifetime(each, rules, now)
	}
	return worst(found)
}

func lifetime(each held, rules CertificateRules, now time.Time) Finding {
	limits, remedy := rules.Leaf, "one in /etc/kubernetes: `kubeadm certs renew all` on that host, then restart it, one control plane after the other; one in /etc/sitewright or of a kubelet: run `sitewright install` again, which renews it; one of a Secret is renewed by cert-manager, see `kubectl describe certificate`"
	if each.found.IsCA {
		limits, remedy = rules.Authority, "an authority ends: run `sitewright install` again, which renews intermediates; a root has to be replaced by a plan of its own"
	}
	days := func(span time.Duration) float64 { return math.Round(span.Hours()/24*100) / 100 }
	life := days(each.found.NotAfter.Sub(each.found.NotBefore))
	warning := min(limits.WarningDays, limits.WarningShare*life)
	critical := min(limits.CriticalDays, limits.CriticalShare*life)
	found := Finding{Value: days(each.found.NotAfter.Sub(now)), Limit: warning, Unit: "days left", Subject: each.where}
	switch {
	case now.Before(each.found.NotBefore):
		found.State, remedy = Critical, "it is not valid yet: see that this host's clock is right"
	case found.Value < critical:
		found.State, found.Limit = Critical, critical
	case found.Value < warning:
		found.State = Warning
	}
	if found.State != OK {
		found.Remedy = remedy
	}
	found.Limit = math.Round(found.Limit*100) / 100
	return found
}

// inFiles reads the certificates of all files of these patterns.
func inFiles(patterns []string) (all []held, flaws []error) {
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			flaws = append(flaws, fmt.Errorf("%s: %w", pattern, err))
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) { // replaced this moment
				continue
			}
			more, wrong := inText(path, text)
			all, flaws = gathered(all, flaws, more, errors.Join(err, wrong))
		}
	}
	return all, flaws
}

// kubeconfig lines hold certificates in PEM, in base64.
var embeddedData = regexp.MustCompile(`(?m)^\s*(?:- )?(client-certificate-data|certificate-authority-data):\s*"?([A-Za-z0-9+/=]+)"?\s*$`)

// inText reads all certificates of a PEM text or a kubeconfig. A kubeconfig that only names files has none.
func inText(where string, text []byte) ([]held, error) {
	if filepath.Ext(where) == ".conf" {
		var decoded []byte
		for _, match := range embeddedData.FindAllSubmatch(text, -1) {
			part, err := base64.StdEncoding.DecodeString(string(match[2]))
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", where, match[1], err)
			}
			decoded = append(append(decoded, part...), '\n')
		}
		return inPEM(where, decoded, true)
	}
	return inPEM(where, text, false)
}

func inPEM(where string, text []byte, none bool) ([]held, error) {
	var all []held
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		found, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return all, fmt.Errorf("%s: %w", where, err)
		}
		all = append(all, held{where, found})
	}
	if len(all) == 0 && !none {
		return nil, fmt.Errorf("%s: no certificate in it", where)
	}
	return all, nil
}

// served is the certificate that an address shows: a program may show an older one than lies on the disk.
func served(ctx context.Context, address string) ([]held, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var shown *x509.Certificate
	reading := &tls.Config{
		InsecureSkipVerify: true, // looked at, not trusted: nothing is said to it
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) (err error) {
			shown, err = x509.ParseCertificate(raw[0])
			return err
		},
	}
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("what is served at %s: %w", address, err)
	}
	defer raw.Close()
	if err := tls.Client(raw, reading).HandshakeContext(ctx); shown == nil {
		return nil, fmt.Errorf("what is served at %s: %w", address, err)
	}
	return []held{{"served at " + address, shown}}, nil
}
