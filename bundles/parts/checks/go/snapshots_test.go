package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// realSnapshot is one of an etcd 3.6.16 of 60 keys, of which one was removed; `etcdutl snapshot status` says of it:
// hash 1e5dadb, revision 62.
func realSnapshot(t *testing.T) []byte {
	t.Helper()
	packed, err := os.Open("testdata/snapshot.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	reader, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// resealed is a snapshot whose sum is right again: what is wrong with it has to be found by reading.
func resealed(whole []byte) []byte {
	data := whole[:len(whole)-sha256.Size]
	sum := sha256.Sum256(data)
	return append(bytes.Clone(data), sum[:]...)
}

func TestASnapshotIsReadThroughAsEtcdutlDoes(t *testing.T) {
	whole := realSnapshot(t)
	held, err := verified(write(t, filepath.Join(t.TempDir(), "s.db"), string(whole)))
	if err != nil || held.Revision != 62 || held.Hash != "1e5dadb" || held.Bytes != int64(len(whole)) {
		t.Errorf("%+v, %v", held, err)
	}
}

func TestADamagedSnapshotIsFound(t *testing.T) {
	whole := realSnapshot(t)
	for name, spoil := range map[string]func([]byte) []byte{
		"a byte":      func(all []byte) []byte { all[30000] ^= 1; return all },
		"its end":     func(all []byte) []byte { return all[:len(all)-512] },
		"cut off":     func(all []byte) []byte { return all[:len(all)/2] },
		"empty":       func([]byte) []byte { return nil },
		"both roots":  func(all []byte) []byte { all[20], all[4096+20] = 9, 9; return resealed(all) },
		"pages gone":  func(all []byte) []byte { return resealed(append(all[:8192], all[len(all)-sha256.Size:]...)) },
		"pages zeros": func(all []byte) []byte { clear(all[8192 : len(all)-sha256.Size]); return resealed(all) },
	} {
		if held, err := verified(write(t, filepath.Join(t.TempDir(), "s.db"), string(spoil(bytes.Clone(whole))))); err == nil {
			t.Errorf("%s: %+v", name, held)
		}
	}
}

func TestNoSnapshotHoweverSpoiledBreaksTheReader(t *testing.T) {
	whole, path := realSnapshot(t), filepath.Join(t.TempDir(), "s.db")
	for at := 0; at < len(whole)-sha256.Size; at += 97 {
		spoiled := bytes.Clone(whole)
		spoiled[at] ^= 0xff
		_, _ = verified(write(t, path, string(resealed(spoiled)))) // any answer will do, but a panic
	}
}

// fakeEtcd answers as etcd does: a status, and a snapshot in pieces; `broken` says how it fails.
func fakeEtcd(t *testing.T, whole []byte, revision uint64, broken string) EtcdRules {
	t.Helper()
	frame := func(to io.Writer, message []byte) {
		head := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
		_, _ = to.Write(append(head, message...))
	}
	value := func(to []byte, number, value uint64) []byte {
		return binary.AppendUvarint(binary.AppendUvarint(to, number<<3), value)
	}
	inside := func(to []byte, number uint64, within []byte) []byte {
		return append(binary.AppendUvarint(binary.AppendUvarint(to, number<<3|2), uint64(len(within))), within...)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		to.Header().Set("Content-Type", "application/grpc")
		to.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
		code := "0"
		switch request.URL.Path {
		case maintenance + "Status":
			frame(to, value(inside(nil, 1, value(nil, 3, revision)), 3, uint64(len(whole))))
		case maintenance + "Snapshot":
			for left := whole; len(left) > 0; {
				size := min(len(left), 32<<10)
				if broken == "midway" && len(left) < len(whole) {
					break
				}
				piece := left[:size]
				left = left[size:]
				frame(to, inside(value(nil, 2, uint64(len(left))), 3, piece))
			}
		}
		if broken == "refused" {
			code = "7"
		}
		if broken != "silent" {
			to.Header().Set("Grpc-Status", code)
		}
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	folder, rules := t.TempDir(), siteIn(t, "{}").Rules.Etcd
	text, _ := made(t, 1, 300, false)
	rules.Endpoint = server.URL
	rules.Authority = write(t, folder+"/ca", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	rules.Certificate, rules.Key = write(t, folder+"/pair", text), folder+"/pair"
	rules.Folder = folder + "/etcd"
	return rules
}

func TestASnapshotIsTakenAndFoundGoodByTheNextLook(t *testing.T) {
	site := siteIn(t, `{"control_plane":true}`)
	site.Rules.Etcd = fakeEtcd(t, realSnapshot(t), 62, "")
	wants(t, look(t, etcdBackup, site), Critical, "no snapshot")
	wants(t, look(t, etcdSnapshot, site), OK, site.Rules.Etcd.Folder)
	wants(t, look(t, etcdBackup, site), OK, site.Rules.Etcd.Folder)
	taken, _ := filepath.Glob(site.Rules.Etcd.Folder + "/*")
	if len(taken) != 2 {
		t.Errorf("%v", taken)
	}
	if about, _ := os.Stat(site.Rules.Etcd.Folder); about.Mode().Perm() != 0o700 {
		t.Errorf("its folder has the mode %s", about.Mode())
	}
	for _, path := range taken {
		if about, _ := os.Stat(path); about.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %s", path, about.Mode())
		}
	}
}

func TestASnapshotIsTakenOnceADayAndAgainAfterOneThatFailed(t *testing.T) {
	site := siteIn(t, `{"control_plane":true}`)
	good := fakeEtcd(t, realSnapshot(t), 62, "")
	taken := func() int {
		all, _ := snapshots(good.Folder)
		return len(all)
	}
	site.Rules.Etcd = good
	noted(t, good, 22, realSnapshot(t))
	wants(t, look(t, etcdSnapshot, site), OK, "")
	if taken() != 1 {
		t.Errorf("%d snapshots within a day", taken())
	}
	site.Rules.Etcd.EveryHours = 21
	site.Rules.Etcd.Endpoint = "https://127.0.0.1:1"
	wants(t, look(t, etcdSnapshot, site), Critical, "no snapshot")
	site.Rules.Etcd.Endpoint = good.Endpoint
	wants(t, look(t, etcdSnapshot, site), OK, "")
	if taken() != 2 {
		t.Errorf("%d snapshots after a failed one", taken())
	}
}

func TestWhatIsNoWholeSnapshotIsNotKept(t *testing.T) {
	spoiled := realSnapshot(t)
	spoiled[30000] ^= 1
	for broken, rules := range map[string]EtcdRules{
		"midway": fakeEtcd(t, realSnapshot(t), 62, "midway"), "refused": fakeEtcd(t, realSnapshot(t), 62, "refused"),
		"silent": fakeEtcd(t, realSnapshot(t), 62, "silent"), "damaged": fakeEtcd(t, spoiled, 62, ""),
		"older than etcd was": fakeEtcd(t, realSnapshot(t), 63, ""),
	} {
		site := siteIn(t, `{"control_plane":true}`)
		site.Rules.Etcd = rules
		wants(t, look(t, etcdSnapshot, site), Critical, "no snapshot of etcd")
		if left, _ := filepath.Glob(rules.Folder + "/*.db*"); len(left) > 0 {
			t.Errorf("%s: %v", broken, left)
		}
	}
}

// noted puts a snapshot into the folder as `take` would have, `hours` ago.
func noted(t *testing.T, rules EtcdRules, hours float64, whole []byte) string {
	t.Helper()
	at := time.Now().Add(-time.Duration(hours * float64(time.Hour))).UTC()
	path := write(t, filepath.Join(rules.Folder, "snapshot-"+at.Format(stamp)+".db"), string(whole))
	held, err := verified(path)
	if err != nil {
		held = contents{Bytes: int64(len(whole))}
	}
	text, _ := json.Marshal(held)
	write(t, path+".json", string(text))
	return path
}

func TestTheNewestSnapshotIsJudged(t *testing.T) {
	whole := realSnapshot(t)
	for name, each := range map[string]struct {
		put     func(EtcdRules)
		state   State
		subject string
	}{
		"new":      {func(rules EtcdRules) { noted(t, rules, 1, whole) }, OK, ""},
		"old":      {func(rules EtcdRules) { noted(t, rules, 27, whole) }, Warning, ""},
		"very old": {func(rules EtcdRules) { noted(t, rules, 60, whole) }, Critical, ""},
		"smaller":  {func(rules EtcdRules) { noted(t, rules, 25, append(whole, whole...)); noted(t, rules, 1, whole) }, OK, ""},
		"less than half": {func(rules EtcdRules) {
			noted(t, rules, 25, bytes.Repeat(whole, 3))
			noted(t, rules, 1, whole)
		}, Critical, "much smaller"},
		"a byte": {func(rules EtcdRules) {
			spoiled := bytes.Clone(whole)
			spoiled[30000] ^= 1
			if err := os.WriteFile(noted(t, rules, 1, whole), spoiled, 0o600); err != nil {
				t.Fatal(err)
			}
		}, Critical, "damaged"},
		"cut":       {func(rules EtcdRules) { _ = os.Truncate(noted(t, rules, 1, whole), 4096) }, Critical, "size"},
		"not noted": {func(rules EtcdRules) { _ = os.Remove(noted(t, rules, 1, whole) + ".json") }, Critical, "noted"},
	} {
		site := siteIn(t, `{"control_plane":true}`)
		site.Rules.Etcd.Folder = t.TempDir()
		each.put(site.Rules.Etcd)
		found := look(t, etcdBackup, site)
		if found.State != each.state || !strings.Contains(found.Subject, each.subject) {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestOnlySoManySnapshotsAreKept(t *testing.T) {
	site := siteIn(t, `{"control_plane":true}`)
	site.Rules.Etcd = fakeEtcd(t, realSnapshot(t), 62, "")
	site.Rules.Etcd.Keep = 2
	oldest := noted(t, site.Rules.Etcd, 72, realSnapshot(t))
	noted(t, site.Rules.Etcd, 48, realSnapshot(t))
	stale := write(t, filepath.Join(site.Rules.Etcd.Folder, "snapshot-x.db.part"), "half")
	wants(t, look(t, etcdSnapshot, site), OK, "")
	left, _ := snapshots(site.Rules.Etcd.Folder)
	if len(left) != 2 || left[0] == oldest {
		t.Errorf("%v", left)
	}
	for _, gone := range []string{oldest, oldest + ".json", stale} {
		if _, err := os.Stat(gone); err == nil {
			t.Errorf("%s is still there", gone)
		}
	}
}
