package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// later are states of single lines that say nothing about the line: the store is full or has too much to do (429), its index
// is closed for writing (403), or it is not there yet (503). The whole request is sent again; what it took it has by then.
var later = map[int]bool{
	http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusTooManyRequests: true,
	http.StatusBadGateway: true, http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
}

// outcome is how a line fared.
type outcome struct {
	Status int
	Error  struct {
		Reason string
		Cause  struct{ Reason string } `json:"caused_by"`
	}
}

// settle looks at what became of each line of a request. One that is not taken for now makes an error of the whole answer;
// those that the store will never take are put among the rejected ones. The answer goes on to rsyslog without a word of them.
func (gate *Gate) settle(response *http.Response, sent []byte) error {
	text, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return err
	}
	var answer struct {
		Errors bool
		Items  []map[string]outcome
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("answers what is no JSON: %.100q", text)
	}
	replace(response, text)
	if !answer.Errors {
		return nil
	}
	// Each document is two lines: where it goes, and itself.
	pairs := bytes.Split(bytes.TrimRight(sent, "\n"), []byte("\n"))
	if len(pairs) != 2*len(answer.Items) {
		return fmt.Errorf("answers for %d lines of %d", len(answer.Items), len(pairs)/2)
	}
	var refused bytes.Buffer
	for at, item := range answer.Items {
		for _, found := range item {
			switch {
			case found.Status < 300 || found.Status == http.StatusConflict:
			case later[found.Status]:
				return fmt.Errorf("answers %d to a line: %s", found.Status, found.Error.Reason)
			case gate.route.Refused.Raw > 0:
				gate.reject(&refused, pairs[2*at], pairs[2*at+1], found)
			}
		}
	}
	replace(response, []byte(`{"errors":false,"items":[]}`))
	if refused.Len() == 0 {
		return nil
	}
	return gate.put(response.Request, refused.Bytes())
}

func replace(response *http.Response, text []byte) {
	response.Body = io.NopCloser(bytes.NewReader(text))
	response.ContentLength = int64(len(text))
	response.Header.Set("Content-Length", fmt.Sprint(len(text)))
}

// reject writes what is kept of a line that the store will not have. One that was rejected before, and one that says neither
// where it goes nor whose it is, ends here.
func (gate *Gate) reject(into *bytes.Buffer, head, line []byte, found outcome) {
	var where struct {
		Create struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
	}
	if json.Unmarshal(head, &where) != nil || !strings.HasPrefix(where.Create.Index, "logs-") || strings.HasPrefix(where.Create.Index, "logs-reject-") {
		return
	}
	var document struct {
		Kubernetes   json.RawMessage `json:"kubernetes,omitempty"`
		Orchestrator json.RawMessage `json:"orchestrator,omitempty"`
		Event        map[string]any  `json:"event,omitempty"`
		Labels       map[string]any  `json:"labels,omitempty"`
	}
	_ = json.Unmarshal(line, &document)
	raw := gate.secret.ReplaceAll(line, []byte("${1}***"))
	if len(raw) > gate.route.Refused.Raw {
		raw = raw[:gate.route.Refused.Raw]
	}
	why := map[string]any{
		"reason": "type_conflict", "raw": strings.ToValidUTF8(string(raw), ""),
		"detail": strings.TrimSpace(found.Error.Reason + " " + found.Error.Cause.Reason),
	}
	if owner, ok := document.Labels["owner"].(string); ok {
		why["owner"] = owner
	}
	kept := map[string]any{"@timestamp": document.Event["created"], "event": document.Event, "reject": why}
	if len(document.Kubernetes) > 0 {
		kept["kubernetes"] = document.Kubernetes
	}
	if len(document.Orchestrator) > 0 {
		kept["orchestrator"] = document.Orchestrator
	}
	index := "logs-reject-" + strings.TrimPrefix(where.Create.Index, "logs-")
	encoder := json.NewEncoder(into)
	_ = encoder.Encode(map[string]any{"create": map[string]string{"_index": index, "_id": where.Create.ID}})
	_ = encoder.Encode(kept)
}

// put brings rejected lines to the store; an error unless it takes them, or will never.
func (gate *Gate) put(like *http.Request, lines []byte) error {
	request, err := http.NewRequestWithContext(like.Context(), http.MethodPost, gate.to.JoinPath("_bulk").String(), bytes.NewReader(lines))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if err := gate.introduce(request); err != nil {
		return err
	}
	response, err := gate.away.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := judge(response); err != nil {
		return err
	}
	var answer struct{ Items []map[string]outcome }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	for _, item := range answer.Items {
		for _, found := range item {
			if later[found.Status] {
				return fmt.Errorf("answers %d to a rejected line: %s", found.Status, found.Error.Reason)
			}
		}
	}
	return nil
}

// secretOf finds what stands behind some words and = or :, in a line of JSON too.
func secretOf(words []string) (*regexp.Regexp, error) {
	quoted := make([]string, len(words))
	for at, word := range words {
		quoted[at] = regexp.QuoteMeta(word)
	}
	if len(words) == 0 {
		return regexp.Compile(`()[^\s\S]`)
	}
	return regexp.Compile(`(?i)((?:` + strings.Join(quoted, "|") + `)\\?["']?\s*[=:]\s*\\?["']?(?:(?:Bearer|Basic)\s+)?)[^\]\\"'\s,;&}]+`)
}

// mended writes numbers as JSON has them. The library that rsyslog reads and writes JSON with adds ".0" to what it takes for a
// whole number, and does so behind an exponent too: 1.7e+19.0, for 17 with 18 noughts.
func mended(text []byte) []byte {
	if !exponent.Match(text) {
		return text
	}
	into := make([]byte, 0, len(text))
	inside := false
	for at := 0; at < len(text); at++ {
		switch letter := text[at]; {
		case inside && letter == '\\' && at+1 < len(text):
			into = append(into, letter)
			at++
		case letter == '"':
			inside = !inside
		case !inside && (letter == 'e' || letter == 'E'):
			if found := exponent.Find(text[at:min(at+8, len(text))]); found != nil && bytes.HasPrefix(text[at:], found) {
				into = append(into, found[:len(found)-2]...)
				at += len(found) - 1
				continue
			}
		}
		into = append(into, text[at])
	}
	return into
}

var exponent = regexp.MustCompile(`[eE][+-]?[0-9]{1,3}\.0`)
