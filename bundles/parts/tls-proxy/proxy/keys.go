package main

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
)

// keys is the certificate of a folder, with its key, and the file in which haproxy wants both.
type keys struct {
	folder, written string

	known []byte
}

// renew writes haproxy's file anew where the folder has another certificate than it had; it says whether that was so.
// While a renewal is half there (a certificate that is not of the key), nothing is written and the error says why.
func (k *keys) renew() (bool, error) {
	certificate, err := os.ReadFile(filepath.Join(k.folder, "tls.crt"))
	if err != nil {
		return false, err
	}
	key, err := os.ReadFile(filepath.Join(k.folder, "tls.key"))
	if err != nil {
		return false, err
	}
	both := append(append(bytes.Clone(certificate), '\n'), key...)
	if bytes.Equal(both, k.known) {
		return false, nil
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return false, err
	}
	if err := replace(k.written, both); err != nil {
		return false, err
	}
	k.known = both
	slog.Info("certificate read", "tls.server.x509.alternative_names", pair.Leaf.DNSNames,
		"tls.server.x509.serial_number", pair.Leaf.SerialNumber.Text(16), "tls.server.x509.not_after", pair.Leaf.NotAfter)
	return true, nil
}

// replace puts a file in place at once, readable to its owner alone.
func replace(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
