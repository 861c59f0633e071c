package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// peers are pods whose programs talk to each other, each through its own proxy and that of the other. A program listens on
// 127.0.0.1, at a port of its own; the proxy of every other pod listens at that same address and port, and brings what
// comes in to the proxy of the program's pod. So all know a program by one address, and none talks without TLS.
type peers struct {
	// Names of the pods in DNS, by ordinal.
	Names []string

	// Self is the ordinal of this pod.
	Self int

	// Port is where proxies meet, First that of the first program; those of the others follow.
	Port, First int

	// Called is the name that stands in the certificate of each of them.
	Called string
}

var dnsName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// peersOf reads them from the environment; nil where a pod has none.
func peersOf(variable func(string) string) (*peers, error) {
	if variable("PEERS") == "" {
		return nil, nil
	}
	found := &peers{Names: strings.Split(variable("PEERS"), ","), Called: variable("PEER_NAME")}
	for _, name := range append(slices.Clone(found.Names), found.Called) {
		if !dnsName.MatchString(name) {
			return nil, fmt.Errorf("PEERS, PEER_NAME: %q must be a name in DNS", name)
		}
	}
	for name, setting := range map[string]struct {
		to          *int
		least, most int
	}{
		"PEER":       {&found.Self, 0, len(found.Names) - 1},
		"PEER_PORT":  {&found.Port, 1, 65535},
		"PEER_FIRST": {&found.First, 1, 65536 - len(found.Names)},
	} {
		number, err := strconv.Atoi(variable(name))
		if err != nil || number < setting.least || number > setting.most {
			return nil, fmt.Errorf("%s=%q: must be a number, from %d to %d", name, variable(name), setting.least, setting.most)
		}
		*setting.to = number
	}
	return found, nil
}

// Own is the port of this pod's program.
func (p *peers) Own() int { return p.First + p.Self }

// Others maps the local port of each other program to the name of its pod.
func (p *peers) Others() map[int]string {
	found := map[int]string{}
	for ordinal, name := range p.Names {
		if ordinal != p.Self {
			found[p.First+ordinal] = name
		}
	}
	return found
}

// among is haproxy's configuration for them. Names may have no address yet: a pod that is made later, or elsewhere anew.
const among = `{{define "peers"}}
resolvers cluster
    parse-resolv-conf
    hold valid 5s
    timeout retry 2s

listen from-peers
    mode tcp
    timeout tunnel 24h
    bind :{{.Peers.Port}} ssl crt {{.Pair}} ca-file {{.Authority}} verify required
    tcp-request content reject unless { ssl_c_s_dn(cn) -m str {{.Peers.Called}} }
    server program 127.0.0.1:{{.Peers.Own}}
{{range $port, $name := .Peers.Others}}
listen to-{{$port}}
    mode tcp
    timeout tunnel 24h
    bind 127.0.0.1:{{$port}}
    server peer {{$name}}:{{$.Peers.Port}} ssl crt {{$.Pair}} ca-file {{$.Authority}} verify required verifyhost {{$.Peers.Called}} resolvers cluster init-addr none
{{end}}{{end}}`
