package main

import (
	"crypto/tls"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// keys is the server's certificate as it is on disk now, for it is renewed there without a restart.
type keys struct {
	certificate, key string

	mutex   sync.Mutex
	loaded  *tls.Certificate
	changed time.Time
}

// current gives the certificate, read again when its file has changed; while a renewal is half there, the former one.
func (k *keys) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	found, err := os.Stat(k.certificate)
	if err == nil && (k.loaded == nil || !found.ModTime().Equal(k.changed)) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(k.certificate, k.key); err == nil {
			k.loaded, k.changed = &pair, found.ModTime()
			slog.Info("certificate read", "labels.names", strings.Join(pair.Leaf.DNSNames, " "),
				"labels.until", pair.Leaf.NotAfter.Format(time.RFC3339))
		}
	}
	if err == nil {
		return k.loaded, nil
	}
	if k.loaded == nil {
		return nil, err
	}
	slog.Warn("serving the former certificate", "error.message", err.Error())
	return k.loaded, nil
}
