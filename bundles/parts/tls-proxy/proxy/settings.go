package main

import (
	"cmp"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// settings is what a pod says of its proxy.
type settings struct {
	Listen, Backend, Certificates, Folder string

	// Answer is how many seconds the program may take to answer.
	Answer int
}

// settingsOf reads them from the environment, and refuses what would be another setting of haproxy's.
func settingsOf(variable func(string) string) (settings, error) {
	found := settings{
		Listen:       cmp.Or(variable("LISTEN"), ":8443"),
		Backend:      cmp.Or(variable("BACKEND"), "127.0.0.1:8080"),
		Certificates: cmp.Or(variable("CERTIFICATES"), "/etc/tls"),
		Folder:       cmp.Or(variable("FOLDER"), "/run/tls-proxy"),
	}
	for name, address := range map[string]string{"LISTEN": found.Listen, "BACKEND": found.Backend} {
		host, port, err := net.SplitHostPort(address)
		if number, wrong := strconv.Atoi(port); err != nil || wrong != nil || number < 1 || number > 65535 ||
			host != "" && net.ParseIP(host) == nil {
			return found, fmt.Errorf("%s=%q: must be an address and a port, such as 127.0.0.1:8080", name, address)
		}
	}
	seconds, err := strconv.Atoi(cmp.Or(variable("ANSWER"), "300"))
	if err != nil || seconds < 1 || seconds > 86400 {
		return found, fmt.Errorf("ANSWER=%q: must be seconds, from 1 to 86400", variable("ANSWER"))
	}
	found.Answer = seconds
	return found, nil
}

func (s settings) file() string { return filepath.Join(s.Folder, "haproxy.cfg") }

// Pair is the file of certificate and key.
func (s settings) Pair() string { return filepath.Join(s.Folder, "server.pem") }

// write writes haproxy's configuration.
func (s settings) write() error {
	var text strings.Builder
	if err := template.Must(template.New("haproxy.cfg").Parse(configuration)).Execute(&text, s); err != nil {
		return err
	}
	return replace(s.file(), []byte(text.String()))
}

// configuration of haproxy, https://docs.haproxy.org/2.6/configuration.html. Each connection takes two descriptors.
const configuration = `# Written by tls-proxy.
global
    maxconn 1000
    hard-stop-after 30s
    ssl-default-bind-options ssl-min-ver TLSv1.2
    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20

defaults
    mode http
    timeout connect 5s
    timeout http-request 30s
    timeout http-keep-alive 60s
    timeout client 120s
    timeout server {{.Answer}}s
    timeout queue 30s
    option forwardfor
    # A request that the program has begun is not sent again.
    retries 2
    retry-on conn-failure

frontend clients
    bind {{.Listen}} ssl crt {{.Pair}} alpn http/1.1
    monitor-uri /-/tls-proxy
    monitor fail if { nbsrv(program) lt 1 }
    http-request del-header X-Forwarded-For
    default_backend program

backend program
    server program {{.Backend}} check inter 5s fastinter 1s fall 3 rise 1
`
