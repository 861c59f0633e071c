package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// issue puts a certificate of that serial number into a folder, with its key.
func issue(t *testing.T, folder string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	said := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, said, said, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	put(t, folder, "tls.crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	put(t, folder, "tls.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bytes}))
}

func put(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	found, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(found)
}

func TestARenewedCertificateIsWrittenOnce(t *testing.T) {
	folder := t.TempDir()
	keys := keys{folder: folder, written: filepath.Join(folder, "server.pem")}
	issue(t, folder, 1)
	if changed, err := keys.renew(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	first := read(t, keys.written)
	if changed, err := keys.renew(); changed || err != nil {
		t.Fatal(changed, err)
	}
	issue(t, folder, 2)
	if changed, err := keys.renew(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	if read(t, keys.written) == first {
		t.Fatal("the former certificate is still there")
	}
}

func TestWhileARenewalIsHalfThereTheFormerOneStays(t *testing.T) {
	folder := t.TempDir()
	keys := keys{folder: folder, written: filepath.Join(folder, "server.pem")}
	issue(t, folder, 1)
	if _, err := keys.renew(); err != nil {
		t.Fatal(err)
	}
	first, key := read(t, keys.written), read(t, filepath.Join(folder, "tls.key"))
	issue(t, folder, 2)
	put(t, folder, "tls.key", []byte(key))
	if changed, err := keys.renew(); changed || err == nil {
		t.Fatal("a key of another certificate was taken")
	}
	if read(t, keys.written) != first {
		t.Fatal("the file was written")
	}
}

func TestWithoutACertificateItSaysSo(t *testing.T) {
	keys := keys{folder: t.TempDir(), written: "unused"}
	if _, err := keys.renew(); !os.IsNotExist(err) {
		t.Fatal(err)
	}
}
