// Package trace tells of each request through the shop as spans, in the form that Zipkin reads (version 2, JSON).
//
// Which request a call belongs to goes from program to program in the headers of W3C's Trace Context: one header that
// meshes, gateways and libraries pass on unasked, where Zipkin's own (B3) is known to Zipkin's kind only.
package trace

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
)

const (
	parentHeader = "Traceparent"
	stateHeader  = "Tracestate"
	sampledFlag  = 1
)

// Context is where in which trace something happens.
type Context struct {
	Trace   string // 32 hexadecimal digits, the same for all that one request causes
	Span    string // 16 hexadecimal digits
	Sampled bool   // whether who began the trace wants it kept
	state   string // what others keep beside it, passed on as it came
}

type key struct{}

// From is the trace that a program's work belongs to; Context{} where it belongs to none.
func From(ctx context.Context) Context {
	found, _ := ctx.Value(key{}).(Context)
	return found
}

// With makes the work under ctx a part of a trace.
func With(ctx context.Context, in Context) context.Context { return context.WithValue(ctx, key{}, in) }

// New begins a trace that is kept.
func New() Context { return Context{Trace: digits(16), Span: digits(8), Sampled: true} }

// child is a span below this one.
func (c Context) child() Context {
	c.Span = digits(8)
	return c
}

// Write puts the trace into the headers of a request to another program.
func (c Context) Write(header http.Header) {
	flags := "00"
	if c.Sampled {
		flags = "01"
	}
	header.Set(parentHeader, "00-"+c.Trace+"-"+c.Span+"-"+flags)
	header.Del(stateHeader)
	if c.state != "" {
		header.Set(stateHeader, c.state)
	}
}

// read takes the trace out of a request's headers; false where there is none, or none of the form that W3C gives it.
func read(header http.Header) (Context, bool) {
	values := header.Values(parentHeader)
	if len(values) != 1 {
		return Context{}, false
	}
	parts := strings.Split(values[0], "-")
	if len(parts) < 4 || !isHex(parts[0], 2) || parts[0] == "ff" || (parts[0] == "00" && len(parts) != 4) {
		return Context{}, false
	}
	if !isHex(parts[1], 32) || !isHex(parts[2], 16) || !isHex(parts[3], 2) || isZero(parts[1]) || isZero(parts[2]) {
		return Context{}, false
	}
	flags, err := hex.DecodeString(parts[3])
	if err != nil {
		return Context{}, false
	}
	state := strings.Join(header.Values(stateHeader), ",")
	if len(state) > 512 {
		state = ""
	}
	return Context{Trace: parts[1], Span: parts[2], Sampled: flags[0]&sampledFlag != 0, state: state}, true
}

func isHex(text string, length int) bool {
	return len(text) == length && strings.Trim(text, "0123456789abcdef") == ""
}

func isZero(text string) bool { return strings.Trim(text, "0") == "" }

// digits gives twice as many hexadecimal digits as bytes, at random.
func digits(bytes int) string {
	made := make([]byte, bytes)
	rand.Read(made) //nolint:errcheck // never fails: it ends the program instead
	if isZero(hex.EncodeToString(made)) {
		made[0] = 1
	}
	return hex.EncodeToString(made)
}
