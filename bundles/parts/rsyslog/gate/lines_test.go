package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// bulk is a store that says of the first request what is given, and takes what comes after it with 201 or the second status.
func bulk(t *testing.T, said string, second int) (front *httptest.Server, sent *[]string) {
	t.Helper()
	sent = &[]string{}
	back := httptest.NewTLSServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		text, _ := io.ReadAll(request.Body)
		*sent = append(*sent, string(text))
		if len(*sent) == 1 {
			fmt.Fprint(answer, said)
			return
		}
		fmt.Fprintf(answer, `{"errors":%t,"items":[{"create":{"status":%d}}]}`, second >= 300, second)
	}))
	t.Cleanup(back.Close)
	folder := t.TempDir()
	write(t, folder, "ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: back.Certificate().Raw})))
	write(t, folder, "username", "writer")
	write(t, folder, "password", "right")
	route := Route{To: back.URL, Credentials: folder, Check: "/", Refused: Refused{Raw: 2000, Masked: []string{"password", "token"}}}
	gate, err := NewGate(route, filepath.Join(folder, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	front = httptest.NewServer(gate)
	t.Cleanup(front.Close)
	return front, sent
}

const (
	head = `{"create":{"_index":"logs-a-2026.11.30","_id":"7"}}`
	body = `{"message":"my token=abc","user":{"password":"x y"},"event":{"created":"2026-11-30T00:00:00Z","hash":"7"},` +
		`"kubernetes":{"namespace":"n"},"orchestrator":{"cluster":{"name":"a"}},"labels":{"owner":"pay"}}`
)

func send(front *httptest.Server, text string) (string, error) {
	response, err := http.Post(front.URL+"/_bulk", "application/json", strings.NewReader(text))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	return string(said), err
}

func TestWhatTheStoreDoesNotTakeForNowBreaksTheConnection(t *testing.T) {
	for _, status := range []int{401, 403, 429, 502, 503, 504} {
		front, sent := bulk(t, fmt.Sprintf(`{"errors":true,"items":[{"create":{"status":%d}}]}`, status), 201)
		if said, err := send(front, head+"\n"+body+"\n"); err == nil {
			t.Errorf("a line with %d came through as %s", status, said)
		}
		if len(*sent) != 1 {
			t.Errorf("after %d there came %q", status, (*sent)[1:])
		}
	}
}

func TestALineThatIsThereAlreadyIsNotToldOf(t *testing.T) {
	front, sent := bulk(t, `{"errors":true,"items":[{"create":{"status":409}}]}`, 201)
	said, err := send(front, head+"\n"+body+"\n")
	if err != nil || strings.Contains(said, `"errors":true`) || len(*sent) != 1 {
		t.Errorf("%q, %v, %d requests", said, err, len(*sent))
	}
}

func TestALineThatTheStoreWillNeverTakeIsRejectedWithItsOwnerAndWithoutSecrets(t *testing.T) {
	for _, status := range []int{400, 500} {
		const answer = `{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":%d,"error":{"reason":"why","caused_by":{"reason":"more"}}}}]}`
		front, sent := bulk(t, fmt.Sprintf(answer, status), 201)
		said, err := send(front, head+"\n"+body+"\n"+head+"\n"+body+"\n")
		if err != nil || !strings.Contains(said, `"errors":false`) {
			t.Fatalf("%q, %v", said, err)
		}
		lines := strings.Split(strings.TrimSpace((*sent)[1]), "\n")
		if len(lines) != 2 || lines[0] != `{"create":{"_id":"7","_index":"logs-reject-a-2026.11.30"}}` {
			t.Fatalf("put: %q", lines)
		}
		var kept struct {
			Time   string `json:"@timestamp"`
			Reject map[string]string
		}
		if err := json.Unmarshal([]byte(lines[1]), &kept); err != nil {
			t.Fatal(err)
		}
		why := kept.Reject
		if kept.Time != "2026-11-30T00:00:00Z" || why["reason"] != "type_conflict" || why["owner"] != "pay" || why["detail"] != "why more" {
			t.Errorf("kept: %+v", kept)
		}
		if strings.Contains(why["raw"], "abc") || strings.Contains(why["raw"], "x y") || !strings.Contains(why["raw"], "my token=***") {
			t.Errorf("raw: %s", why["raw"])
		}
	}
}

func TestARejectedLineThatTheStoreDoesNotTakeForNowIsTriedAgain(t *testing.T) {
	front, _ := bulk(t, `{"errors":true,"items":[{"create":{"status":400}}]}`, 429)
	if said, err := send(front, head+"\n"+body+"\n"); err == nil {
		t.Errorf("it was lost: %s", said)
	}
}

func TestOneThatWasRejectedBeforeEnds(t *testing.T) {
	front, sent := bulk(t, `{"errors":true,"items":[{"create":{"status":400}}]}`, 201)
	if _, err := send(front, strings.Replace(head, "logs-", "logs-reject-", 1)+"\n"+body+"\n"); err != nil || len(*sent) != 1 {
		t.Errorf("%v, %d requests", err, len(*sent))
	}
}

func TestAnAnswerOfSomebodyElseBreaksTheConnection(t *testing.T) {
	front, _ := bulk(t, "<html>", 201)
	if said, err := send(front, head+"\n"+body+"\n"); err == nil {
		t.Errorf("what is no answer of a store came through: %s", said)
	}
}

func TestNumbersAreWrittenAsJSONHasThem(t *testing.T) {
	for given, wanted := range map[string]string{
		`{"a": 1.7302445133027459e+19.0, "b": 2}`: `{"a": 1.7302445133027459e+19, "b": 2}`,
		`{"a": [1e300.0,-1E-7.0], "b": 1e5}`:      `{"a": [1e300,-1E-7], "b": 1e5}`,
		`{"a": "1.7e+19.0", "b\"e5.0": 1.0}`:      `{"a": "1.7e+19.0", "b\"e5.0": 1.0}`,
		`{"a": "\\", "b": 1e+20.0}`:               `{"a": "\\", "b": 1e+20}`,
		`{"a": 12.0, "e": 1.5}`:                   `{"a": 12.0, "e": 1.5}`,
	} {
		if found := string(mended([]byte(given))); found != wanted {
			t.Errorf("%s became %s", given, found)
		}
		if !json.Valid([]byte(wanted)) {
			t.Errorf("%s is no JSON", wanted)
		}
	}
	front, sent := bulk(t, `{"errors":false}`, 201)
	if _, err := send(front, head+"\n"+`{"n": 1.7e+19.0}`+"\n"); err != nil || !strings.HasSuffix((*sent)[0], `{"n": 1.7e+19}`+"\n") {
		t.Errorf("%v, sent %q", err, *sent)
	}
}
