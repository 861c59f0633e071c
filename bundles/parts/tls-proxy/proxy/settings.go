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

	// Health is a path of the program that says with status 200 that it can work; empty: that it can be reached is enough.
	Health string

	// Users is a file of who is let in, by name and password; empty: everybody is, and the program asks who it is.
	Users string

	// Peers are the pods with whose programs this one's talks; nil where there are none.
	Peers *peers
}

// settingsOf reads them from the environment, and refuses what would be another setting of haproxy's.
func settingsOf(variable func(string) string) (settings, error) {
	found := settings{
		Listen:       cmp.Or(variable("LISTEN"), ":8443"),
		Backend:      cmp.Or(variable("BACKEND"), "127.0.0.1:8080"),
		Certificates: cmp.Or(variable("CERTIFICATES"), "/etc/tls"),
		Folder:       cmp.Or(variable("FOLDER"), "/run/tls-proxy"),
		Health:       variable("HEALTH"),
		Users:        variable("USERS"),
	}
	for name, address := range map[string]string{"LISTEN": found.Listen, "BACKEND": found.Backend} {
		host, port, err := net.SplitHostPort(address)
		if number, wrong := strconv.Atoi(port); err != nil || wrong != nil || number < 1 || number > 65535 ||
			host != "" && net.ParseIP(host) == nil {
			return found, fmt.Errorf("%s=%q: must be an address and a port, such as 127.0.0.1:8080", name, address)
		}
	}
	if found.Health != "" && !plainPath.MatchString(found.Health) {
		return found, fmt.Errorf("HEALTH=%q: must be a path such as /health", found.Health)
	}
	seconds, err := strconv.Atoi(cmp.Or(variable("ANSWER"), "300"))
	if err != nil || seconds < 1 || seconds > 86400 {
		return found, fmt.Errorf("ANSWER=%q: must be seconds, from 1 to 86400", variable("ANSWER"))
	}
	found.Answer = seconds
	found.Peers, err = peersOf(variable)
	return found, err
}

func (s settings) file() string { return filepath.Join(s.Folder, "haproxy.cfg") }

// Pair is the file of certificate and key.
func (s settings) Pair() string { return filepath.Join(s.Folder, "server.pem") }

// Authority is the certificate that those of peers go up to.
func (s settings) Authority() string { return filepath.Join(s.Certificates, "ca.crt") }

// configured is haproxy's configuration, with the users as their file has them now.
func (s settings) configured() (string, error) {
	var known []user
	if s.Users != "" {
		var err error
		if known, err = users(s.Users); err != nil {
			return "", err
		}
	}
	var text strings.Builder
	err := template.Must(template.New("haproxy.cfg").Parse(configuration+among)).Execute(&text, struct {
		settings
		Known []user
	}{s, known})
	return text.String(), err
}

// renew writes the configuration anew where it is another than was written; it says whether that was so.
func (s settings) renew(written *string) (bool, error) {
	text, err := s.configured()
	if err != nil || text == *written {
		return false, err
	}
	if err := replace(s.file(), []byte(text)); err != nil {
		return false, err
	}
	*written = text
	return true, nil
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

{{if .Known}}userlist known
{{- range .Known}}
    user {{.Name}} insecure-password {{.Password}}
{{- end}}

{{end}}frontend clients
    bind {{.Listen}} ssl crt {{.Pair}} alpn http/1.1
    monitor-uri /-/tls-proxy
    monitor fail if { nbsrv(program) lt 1 }
{{- if .Known}}
    http-request auth realm sitewright unless { http_auth(known) }
{{- range .Known}}{{if .Paths}}
    http-request deny deny_status 403 if { http_auth_user -m str {{.Name}} } !{ path_beg{{range .Paths}} {{.}}{{end}} }
    http-request deny deny_status 403 if { http_auth_user -m str {{.Name}} } { path,url_dec -m sub .. }
{{- end}}{{end}}
    http-request del-header Authorization
{{- end}}
    http-request del-header X-Forwarded-For
    default_backend program

backend program
{{- if .Health}}
    option httpchk GET {{.Health}}
    http-check expect status 200
{{- end}}
    server program {{.Backend}} check inter 5s fastinter 1s fall 3 rise 1
{{if .Peers}}{{template "peers" .}}{{end}}`
