package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

func TestAllLinesArePrintedOnceInTheirOrderAndNotAtOnce(t *testing.T) {
	var out bytes.Buffer
	begin := time.Now()
	if err := paced(&out, "a", 300, 1000); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 290*time.Millisecond {
		t.Errorf("300 lines at 1000 a second took %s", took)
	}
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	if len(lines) != 300 {
		t.Fatalf("%d lines", len(lines))
	}
	for at, text := range lines {
		var line numbered
		if err := json.Unmarshal(text, &line); err != nil || line.Number != at+1 || line.Run != "a" {
			t.Fatalf("line %d is %s", at+1, text)
		}
	}
}

func TestWhatIsNoNumberIsRefused(t *testing.T) {
	for _, words := range [][2]string{{"x", "1"}, {"1", "x"}, {"1", "0"}} {
		if load(&bytes.Buffer{}, "a", words[0], words[1]) == nil {
			t.Errorf("%v was taken", words)
		}
	}
}
