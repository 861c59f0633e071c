package trace

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// silent is a recorder that keeps what it is brought.
func silent() *Recorder {
	return NewRecorder(Settings{Service: "one", URL: "http://nowhere.invalid/", Tags: map[string]string{"host.name": "pod"}})
}

func two(t *testing.T, recorder *Recorder) *httptest.Server {
	back := httptest.NewServer(recorder.Served(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	})))
	t.Cleanup(back.Close)
	client := &http.Client{Transport: recorder.Calling(http.DefaultTransport, "two")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		request, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, back.URL, nil)
		response, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		response.Body.Close()
		w.WriteHeader(response.StatusCode)
	})
	front := httptest.NewServer(recorder.Served(mux, "/healthz"))
	t.Cleanup(front.Close)
	return front
}

func get(t *testing.T, url string, header http.Header) {
	request, _ := http.NewRequest(http.MethodGet, url, nil)
	request.Header = header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func TestOneRequestThroughTwoProgramsIsOneTrace(t *testing.T) {
	recorder := silent()
	front := two(t, recorder)
	header := http.Header{}
	Context{Trace: number, Span: above, Sampled: true}.Write(header)
	get(t, front.URL+"/things/7", header)
	spans := recorder.rest()
	for len(spans) < 3 {
		spans = append(spans, <-recorder.spans)
	}
	served, called, asked := spans[0], spans[1], spans[2] // the innermost ends first
	for _, span := range spans {
		if span.Trace != number || span.Duration < 1 || span.Timestamp < 1 || span.Tags["host.name"] != "pod" || span.Local.Service != "one" {
			t.Errorf("%+v", span)
		}
	}
	if asked.Parent != above || called.Parent != asked.ID || served.Parent != called.ID {
		t.Errorf("not one below the other: %+v", spans)
	}
	if asked.Kind != "SERVER" || called.Kind != "CLIENT" || served.Kind != "SERVER" || served.Name != "GET" || called.Remote.Service != "two" {
		t.Errorf("%+v", spans)
	}
	if asked.Name != "GET /things/{id}" || asked.Tags["http.path"] != "/things/7" || asked.Tags["http.status_code"] != "418" {
		t.Errorf("%+v", asked)
	}
}

func TestProbesBeginNoTraceAndWhatIsNotToBeKeptIsNot(t *testing.T) {
	recorder := silent()
	front := two(t, recorder)
	get(t, front.URL+"/healthz", http.Header{})
	header := http.Header{}
	Context{Trace: number, Span: above}.Write(header)
	get(t, front.URL+"/things/7", header)
	front.Close()
	if spans := recorder.rest(); len(spans) != 0 {
		t.Errorf("%+v", spans)
	}
}

func TestAFailedCallIsToldAsOne(t *testing.T) {
	recorder := silent()
	request, _ := http.NewRequestWithContext(With(t.Context(), New()), http.MethodGet, "http://127.0.0.1:1/", nil)
	if _, err := (&http.Client{Transport: recorder.Calling(http.DefaultTransport, "two")}).Do(request); err == nil {
		t.Fatal("port 1 answers")
	}
	if spans := recorder.rest(); len(spans) != 1 || spans[0].Tags["error"] == "" {
		t.Errorf("%+v", spans)
	}
}

func TestWithoutAUrlNothingIsKeptAndTracesGoOn(t *testing.T) {
	recorder := NewRecorder(Settings{Service: "one"})
	if recorder != nil {
		t.Fatal("a recorder for nobody")
	}
	recorder.Run(t.Context())
	var seen http.Header
	back := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header }))
	defer back.Close()
	begun := New()
	request, _ := http.NewRequestWithContext(With(t.Context(), begun), http.MethodGet, back.URL, nil)
	if _, err := (&http.Client{Transport: recorder.Calling(http.DefaultTransport, "two")}).Do(request); err != nil {
		t.Fatal(err)
	}
	if got, ok := read(seen); !ok || got.Trace != begun.Trace {
		t.Errorf("%v", seen)
	}
}
