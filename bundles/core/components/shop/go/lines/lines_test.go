package lines

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sitewright.invalid/shop/trace"
)

func TestEveryLineIsOneObjectWithTheNamesOfTheSchema(t *testing.T) {
	var log bytes.Buffer
	Set(&log, "shop", "1.0.0")
	in := trace.New()
	slog.InfoContext(trace.With(t.Context(), in), "two\nlines", "error.message", errors.New("a\nb").Error())
	slog.With("labels.a", "b").WarnContext(trace.With(t.Context(), in), "more")
	slog.NewLogLogger(slog.Default().Handler(), slog.LevelError).Print("of net/http\n\tat somewhere")
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%q", lines)
	}
	for at, level := range []string{"info", "warn", "error"} {
		var line map[string]any
		if err := json.Unmarshal([]byte(lines[at]), &line); err != nil {
			t.Fatal(err)
		}
		when, err := time.Parse(time.RFC3339Nano, line["@timestamp"].(string))
		if err != nil || time.Since(when) > time.Minute {
			t.Errorf("%v: %v", line["@timestamp"], err)
		}
		if line["log.level"] != level || line["message"] == "" || line["service.name"] != "shop" || line["service.version"] != "1.0.0" {
			t.Errorf("%v", line)
		}
		if of := line["trace.id"] == in.Trace && line["span.id"] == in.Span; of != (at < 2) {
			t.Errorf("%v", line)
		}
	}
}
