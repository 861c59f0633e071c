package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for one test.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	made := &authority{t: t, key: newKey(t)}
	made.certificate = made.sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, made.key)
	return made
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(wanted *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	wanted.SerialNumber, wanted.Subject = big.NewInt(1), pkix.Name{CommonName: "test"}
	wanted.NotBefore, wanted.NotAfter = time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	above := a.certificate
	if above == nil {
		above = wanted
	}
	text, err := x509.CreateCertificate(rand.Reader, wanted, above, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(text)
	if err != nil {
		a.t.Fatal(err)
	}
	return signed
}

// folder holds what a certificate Secret does.
func (a *authority) folder(name string) string {
	a.t.Helper()
	key := newKey(a.t)
	signed := a.sign(&x509.Certificate{DNSNames: []string{name}}, key)
	text, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	folder := a.t.TempDir()
	for file, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: signed.Raw}, "ca.crt": {Type: "CERTIFICATE", Bytes: a.certificate.Raw},
		"tls.key": {Type: "EC PRIVATE KEY", Bytes: text},
	} {
		if err := os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	return folder
}

// client shows the certificate of a folder, or none.
func client(t *testing.T, folder string, shown bool) *http.Client {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	settings := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "me", MinVersion: tls.VersionTLS13}
	settings.RootCAs.AppendCertsFromPEM(text)
	if shown {
		pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
		if err != nil {
			t.Fatal(err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: settings}}
}

func get(who *http.Client, url string) (int, string) {
	answer, err := who.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

func served(t *testing.T, keys *keys, programs map[string]string, token string) string {
	t.Helper()
	handler, err := routes(programs, token)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: keys.settings}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func TestOnlyTheRightClientIsAnswered(t *testing.T) {
	shown := func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "figures, token "+r.Header.Get("Authorization"))
	}
	open, safe := httptest.NewServer(http.HandlerFunc(shown)), httptest.NewTLSServer(http.HandlerFunc(shown))
	defer open.Close()
	defer safe.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	site, other := newAuthority(t), newAuthority(t)
	folder := site.folder("me")
	url := served(t, &keys{folder: folder, client: "prometheus"}, map[string]string{
		"etcd": open.URL, "scheduler": safe.URL, "absent": "http://127.0.0.1:1/metrics",
	}, token)

	right := client(t, site.folder("prometheus"), true)
	for path, wanted := range map[string]string{"/etcd": "figures, token ", "/scheduler": "figures, token Bearer secret"} {
		if status, text := get(right, url+path); status != 200 || text != wanted {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	for path, wanted := range map[string]int{"/absent": 502, "/": 404, "/etcd/x": 404, "/other": 404} {
		if status, text := get(right, url+path); status != wanted {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	stranger := other.folder("prometheus")
	if err := os.WriteFile(filepath.Join(stranger, "ca.crt"), must(os.ReadFile(filepath.Join(folder, "ca.crt"))), 0o600); err != nil {
		t.Fatal(err)
	}
	for who, asking := range map[string]*http.Client{
		"no certificate": client(t, folder, false), "another name": client(t, site.folder("shop"), true),
		"another authority": client(t, stranger, true),
	} {
		if status, text := get(asking, url+"/etcd"); status != 0 || !strings.Contains(text, "tls:") {
			t.Errorf("%s: %d %s", who, status, text)
		}
	}
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

func TestRenewedCertificateIsShown(t *testing.T) {
	site := newAuthority(t)
	folder := site.folder("me")
	url := served(t, &keys{folder: folder, client: "prometheus"}, nil, "")
	before := serial(t, client(t, site.folder("prometheus"), true), url)
	renewed := site.folder("me")
	for _, file := range []string{"tls.crt", "tls.key"} {
		if err := os.WriteFile(filepath.Join(folder, file), must(os.ReadFile(filepath.Join(renewed, file))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if after := serial(t, client(t, site.folder("prometheus"), true), url); after == before {
		t.Error("the former certificate is still shown")
	}
}

// serial tells the certificates of a server apart.
func serial(t *testing.T, who *http.Client, url string) string {
	t.Helper()
	answer, err := who.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return string(answer.TLS.PeerCertificates[0].Signature)
}

func TestOnlyLoopbackIsAsked(t *testing.T) {
	for name, url := range map[string]string{
		"elsewhere": "http://10.0.0.1/metrics", "named": "http://localhost/metrics", "file": "file:///etc/passwd", "A": "http://127.0.0.1/",
		"none": "",
	} {
		if _, err := routes(map[string]string{name: url}, ""); err == nil {
			t.Errorf("%s=%s is taken", name, url)
		}
	}
}
