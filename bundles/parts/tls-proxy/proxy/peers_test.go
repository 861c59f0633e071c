package main

import (
	"strings"
	"testing"
)

var three = map[string]string{
	"PEERS": "store-0.stores.logs.svc,store-1.stores.logs.svc,store-2.stores.logs.svc", "PEER": "1",
	"PEER_PORT": "9300", "PEER_FIRST": "9310", "PEER_NAME": "store.logs.svc",
}

func with(name, value string) func(string) string {
	return func(asked string) string {
		if asked == name {
			return value
		}
		return three[asked]
	}
}

func TestEachProgramHasOneAddressForAllPods(t *testing.T) {
	found, err := settingsOf(of(three))
	if err != nil {
		t.Fatal(err)
	}
	text, err := found.configured()
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{
		"server program 127.0.0.1:9311\n",
		"bind 127.0.0.1:9310\n",
		"server peer store-0.stores.logs.svc:9300 ssl ",
		"bind 127.0.0.1:9312\n",
		"server peer store-2.stores.logs.svc:9300 ssl ",
		"reject unless { ssl_c_s_dn(cn) -m str store.logs.svc }",
	} {
		if strings.Count(text, wanted) != 1 {
			t.Errorf("%q is there %d times in\n%s", wanted, strings.Count(text, wanted), text)
		}
	}
	if strings.Contains(text, "store-1.stores") {
		t.Error("it would talk to itself through a proxy")
	}
	if strings.Count(text, " verify required") != 3 {
		t.Error("somebody is believed without a certificate")
	}
}

func TestWhoHasNoPeersMeetsNobody(t *testing.T) {
	found, err := settingsOf(of(nil))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := found.configured(); err != nil || strings.Contains(text, "mode tcp") {
		t.Fatal(text, err)
	}
}

func TestNoOtherPeerGetsIn(t *testing.T) {
	for name, values := range map[string][]string{
		"PEERS":      {"store-0,", "store-0 check", "store-0\n", "../store"},
		"PEER":       {"", "3", "-1", "one"},
		"PEER_PORT":  {"", "0", "65536"},
		"PEER_FIRST": {"", "65534"},
		"PEER_NAME":  {"", "a b", "store }"},
	} {
		for _, value := range values {
			if found, err := settingsOf(with(name, value)); err == nil {
				t.Errorf("%s=%q was taken: %v", name, value, found.Peers)
			}
		}
	}
}
