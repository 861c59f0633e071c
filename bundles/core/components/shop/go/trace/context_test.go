package trace

import (
	"net/http"
	"strings"
	"testing"
)

const (
	number = "0af7651916cd43dd8448eb211c80319c"
	above  = "b7ad6b7169203331"
)

func TestATraceIsReadAsItIsWritten(t *testing.T) {
	header := http.Header{}
	begun := New()
	begun.Write(header)
	if got, ok := read(header); !ok || got != begun {
		t.Fatalf("%+v became %+v", begun, got)
	}
	header.Set("traceparent", "00-"+number+"-"+above+"-00")
	header.Set("tracestate", "vendor=1")
	got, ok := read(header)
	if !ok || got.Trace != number || got.Span != above || got.Sampled || got.state != "vendor=1" {
		t.Fatalf("%+v", got)
	}
	again := http.Header{}
	got.Write(again)
	if again.Get("traceparent") != header.Get("traceparent") || again.Get("tracestate") != "vendor=1" {
		t.Fatalf("%v", again)
	}
}

func TestALaterVersionIsReadAsFarAsItIsKnown(t *testing.T) {
	header := http.Header{"Traceparent": {"01-" + number + "-" + above + "-03-more"}}
	if got, ok := read(header); !ok || got.Trace != number || !got.Sampled {
		t.Fatalf("%+v", got)
	}
}

func TestWhatIsNoTraceIsNotTakenForOne(t *testing.T) {
	for _, value := range []string{
		"", "00", "00-" + number + "-" + above, "00-" + number + "-" + above + "-01-more", "ff-" + number + "-" + above + "-01",
		"00-" + strings.ToUpper(number) + "-" + above + "-01", "00-" + strings.Repeat("0", 32) + "-" + above + "-01",
		"00-" + number + "-" + strings.Repeat("0", 16) + "-01", "00-" + number[1:] + "-" + above + "-01", "00-" + number + "-" + above + "-zz",
	} {
		if got, ok := read(http.Header{"Traceparent": {value}}); ok {
			t.Errorf("%q became %+v", value, got)
		}
	}
	if _, ok := read(http.Header{"Traceparent": {"00-" + number + "-" + above + "-01", "00-" + number + "-" + above + "-01"}}); ok {
		t.Error("two headers were read as one")
	}
}
