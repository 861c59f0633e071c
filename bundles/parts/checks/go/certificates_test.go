package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// made is a certificate that began `before` days ago and ends in `left` days, signed by itself.
func made(t *testing.T, before, left float64, authority bool) (text string, pair tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	day := float64(24 * time.Hour)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "made"}, IsCA: authority, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Duration(before * day)), NotAfter: time.Now().Add(time.Duration(left * day)),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	both := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}))
	pair, err = tls.X509KeyPair([]byte(text), []byte(both))
	if err != nil {
		t.Fatal(err)
	}
	return text + both, pair
}

func certificateSite(t *testing.T, files map[string]string) Site {
	t.Helper()
	site, folder := siteIn(t, "{}"), t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(folder, name), text)
	}
	site.Rules.Certificates.Files = []string{folder + "/*"}
	return site
}

func TestTheCertificateThatEndsNextIsToldOf(t *testing.T) {
	good, _ := made(t, 100, 265, false)
	short, _ := made(t, 60, 30, false) // of 90 days, renewed in its last third
	old, _ := made(t, 345, 20, false)
	last, _ := made(t, 360, 5, false)
	over, _ := made(t, 366, -1, false)
	early, _ := made(t, -1, 300, false)
	authority, _ := made(t, 3600, 50, true)
	for _, each := range []struct {
		name, text string
		state      State
		days       float64
	}{
		{"good.crt", good, OK, 265}, {"short.crt", short, OK, 30}, {"old.crt", old, Warning, 20}, {"last.crt", last, Critical, 5},
		{"over.crt", over, Critical, -1}, {"early.crt", early, Critical, 300}, {"authority.crt", authority, Warning, 50},
	} {
		found := look(t, certificates, certificateSite(t, map[string]string{"a.crt": good, each.name: each.text}))
		subject := each.name
		if each.state == OK && each.name == "good.crt" {
			subject = ".crt"
		}
		wants(t, found, each.state, subject)
		if found.Value < each.days-0.02 || found.Value > each.days+0.02 {
			t.Errorf("%s: %g days", each.name, found.Value)
		}
	}
}

func TestCertificatesWithinKubeconfigsAreFound(t *testing.T) {
	old, _ := made(t, 345, 20, false)
	config := "users:\n- name: a\n  user:\n    client-certificate-data: " + base64.StdEncoding.EncodeToString([]byte(old)) + "\n"
	wants(t, look(t, certificates, certificateSite(t, map[string]string{"admin.conf": config})), Warning, "admin.conf")
	good, _ := made(t, 1, 300, false)
	named := "users:\n- name: a\n  user:\n    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n"
	wants(t, look(t, certificates, certificateSite(t, map[string]string{"kubelet.conf": named, "a.crt": good})), OK, "a.crt")
}

func TestWhatCannotBeReadIsAWarning(t *testing.T) {
	good, _ := made(t, 1, 300, false)
	wants(t, look(t, certificates, certificateSite(t, map[string]string{"a.crt": good, "b.crt": "nothing"})), Warning, "b.crt")
	site := certificateSite(t, map[string]string{"a.crt": good})
	site.Served = []string{"127.0.0.1:1"}
	wants(t, look(t, certificates, site), Warning, "127.0.0.1:1")
	site.Served, site.Kubeconfig = nil, "/nowhere/admin.conf"
	wants(t, look(t, certificates, site), Warning, "/nowhere/admin.conf")
	if _, err := certificates(t.Context(), certificateSite(t, nil), Store{}, time.Now()); err == nil {
		t.Error("a host without any certificate is well")
	}
}

func TestWhatIsServedCountsAndNotWhatLiesOnTheDisk(t *testing.T) {
	good, _ := made(t, 1, 300, false)
	_, last := made(t, 360, 5, false)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{last}, ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()
	site := certificateSite(t, map[string]string{"a.crt": good})
	site.Served = []string{server.Listener.Addr().String()}
	wants(t, look(t, certificates, site), Critical, "served at 127.0.0.1")
	site.Rules.Certificates.Ignore = []string{"served at *"}
	wants(t, look(t, certificates, site), OK, "a.crt")
}

func TestCertificatesInSecretsAreFoundPageByPage(t *testing.T) {
	good, pair := made(t, 1, 300, true)
	old, _ := made(t, 345, 20, false)
	asked := []string{}
	item := func(name, text string) map[string]any {
		return map[string]any{"metadata": map[string]string{"namespace": "shop", "name": name}, "data": map[string]string{"tls.crt": base64.StdEncoding.EncodeToString([]byte(text))}}
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		asked = append(asked, request.URL.Query().Get("continue"))
		page := map[string]any{"metadata": map[string]string{"continue": "a+b"}, "items": []any{item("web", good)}}
		if len(asked) == 2 {
			page = map[string]any{"metadata": map[string]string{}, "items": []any{item("broken", "x"), item("api", old)}}
		}
		if request.URL.Path != "/api/v1/secrets" || request.URL.Query().Get("fieldSelector") != "type=kubernetes.io/tls" || len(request.TLS.PeerCertificates) != 1 {
			to.WriteHeader(http.StatusForbidden)
		}
		_ = json.NewEncoder(to).Encode(page)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()
	certificate, key, _ := strings.Cut(good, "-----BEGIN EC")
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	site := certificateSite(t, nil)
	site.Kubeconfig = write(t, filepath.Join(t.TempDir(), "admin"), "clusters:\n- cluster:\n    certificate-authority-data: "+encoded(certificate)+
		"\n    server: "+server.URL+"\n  name: x\nusers:\n- name: x\n  user:\n    client-certificate-data: "+encoded(certificate)+
		"\n    client-key-data: "+encoded("-----BEGIN EC"+key)+"\n")
	wants(t, look(t, certificates, site), Warning, "Secret shop/api")
	if len(asked) != 2 || asked[1] != "a+b" {
		t.Errorf("asked for pages %q", asked)
	}
}
