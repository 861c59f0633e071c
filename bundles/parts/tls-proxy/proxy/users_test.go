package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const password = "0123456789abcdef"

func fileOf(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUsersAreReadAnewWhileItRuns(t *testing.T) {
	wanted := settings{Listen: ":1", Backend: "127.0.0.1:2", Folder: t.TempDir(), Answer: 3, Users: fileOf(t, "viewer:"+password+"\n")}
	written := ""
	for _, changed := range []bool{true, false} {
		if found, err := wanted.renew(&written); found != changed || err != nil {
			t.Fatal(found, err)
		}
	}
	if err := os.WriteFile(wanted.Users, []byte("viewer:"+password+"\nwriter:"+password+":/api/v2/spans,/api/v2/trace/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := wanted.renew(&written); !changed || err != nil {
		t.Fatal(changed, err)
	}
	for _, line := range []string{
		"    user writer insecure-password " + password,
		"    http-request auth realm sitewright unless { http_auth(known) }",
		"    http-request deny deny_status 403 if { http_auth_user -m str writer } !{ path_beg /api/v2/spans /api/v2/trace/ }",
		"    http-request del-header Authorization",
	} {
		if !strings.Contains(written, "\n"+line+"\n") {
			t.Errorf("%q is not in %s", line, written)
		}
	}
	if strings.Contains(written, "str viewer") {
		t.Error("the viewer is kept to paths")
	}
}

func TestWithoutUsersTheProgramAsksByItself(t *testing.T) {
	text, err := settings{Listen: ":1", Backend: "127.0.0.1:2", Answer: 3}.configured()
	if err != nil || strings.Contains(text, "auth") || strings.Contains(text, "Authorization") {
		t.Errorf("%v: %s", err, text)
	}
}

func TestAFileThatIsNoneOfUsersIsRefusedAndTellsNoPassword(t *testing.T) {
	for _, text := range []string{
		"", "\n", "viewer", "viewer:short", "viewer:" + password + " x", "viewer:" + password + "#\n", "a b:" + password,
		"viewer:" + password + "\nviewer:" + password, "viewer:" + password + ":api", "viewer:" + password + ":/a b",
		"viewer:" + password + ":/a/../b", "viewer:" + password + ":",
	} {
		if found, err := users(fileOf(t, text)); err == nil {
			t.Errorf("%q was taken: %v", text, found)
		} else if strings.Contains(err.Error(), password) {
			t.Errorf("%q is told: %v", text, err)
		}
	}
	if _, err := (settings{Users: "/nowhere"}).configured(); err == nil {
		t.Error("everybody would be let in")
	}
}
