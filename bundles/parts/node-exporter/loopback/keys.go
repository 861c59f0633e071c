package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// keys are this server's certificate and whom it trusts, as they are on disk now: they are renewed there without a restart.
type keys struct {
	folder string
	client string // the name that a client's certificate has to hold
}

// settings reads everything anew for a connection; there is one every few seconds.
func (k *keys) settings(*tls.ClientHelloInfo) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(k.folder, "tls.crt"), filepath.Join(k.folder, "tls.key"))
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(filepath.Join(k.folder, "ca.crt"))
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(authority) {
		return nil, errors.New("ca.crt: no certificate in it")
	}
	return &tls.Config{
		MinVersion:       tls.VersionTLS13,
		Certificates:     []tls.Certificate{pair},
		ClientAuth:       tls.RequireAndVerifyClientCert,
		ClientCAs:        trusted,
		VerifyConnection: k.known,
	}, nil
}

// known refuses whoever the authority has signed for another purpose.
func (k *keys) known(state tls.ConnectionState) error {
	names := state.PeerCertificates[0].DNSNames
	if k.client == "" || !slices.Contains(names, k.client) {
		return fmt.Errorf("the client is %v, not %q", names, k.client)
	}
	return nil
}
