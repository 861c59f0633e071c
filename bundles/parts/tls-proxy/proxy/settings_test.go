package main

import "testing"

func of(said map[string]string) func(string) string {
	return func(name string) string { return said[name] }
}

func TestWhatIsNotSaidHasItsDefault(t *testing.T) {
	found, err := settingsOf(of(map[string]string{"LISTEN": ":9200", "BACKEND": "127.0.0.1:9201"}))
	wanted := settings{":9200", "127.0.0.1:9201", "/etc/tls", "/run/tls-proxy", 300, "", "", nil}
	if err != nil || found != wanted {
		t.Fatal(found, err)
	}
}

func TestNoOtherSettingGetsIn(t *testing.T) {
	for _, said := range []map[string]string{
		{"LISTEN": "9200"},
		{"LISTEN": ":0"},
		{"LISTEN": ":9200 accept-proxy"},
		{"BACKEND": "elsewhere:80"},
		{"BACKEND": "127.0.0.1:80\n    option httplog"},
		{"ANSWER": "0"},
		{"ANSWER": "1m"},
		{"HEALTH": "health"},
		{"HEALTH": "/health HTTP/1.0"},
	} {
		if found, err := settingsOf(of(said)); err == nil {
			t.Errorf("%v was taken: %v", said, found)
		}
	}
}
