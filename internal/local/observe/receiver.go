// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// Receiver takes traces by OTLP over HTTP and keeps them.
type Receiver struct {
	// URL is what OTEL_EXPORTER_OTLP_ENDPOINT has to be.
	URL string

	server *http.Server
	mu     sync.Mutex
	spans  []*tracepb.Span
}

// Receive starts a Receiver on a free port of this machine.
func Receive() (*Receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it returns at once
	if err != nil {
		return nil, fmt.Errorf("listening for traces: %w", err)
	}
	r := &Receiver{URL: "http://" + listener.Addr().String()}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = r.server.Serve(listener) }()
	return r, nil
}

// Traced has a demo's manager send its traces here: it is given to demo.Options.
func (r *Receiver) Traced(_ context.Context, _ *demo.System, args, env []string) ([]string, []string, error) {
	return args, append(env, "OTEL_EXPORTER_OTLP_ENDPOINT="+r.URL, "OTEL_BSP_SCHEDULE_DELAY=500"), nil
}

// Close ends it.
func (r *Receiver) Close() error { return r.server.Close() }

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := readAll(req.Body, maxAnswer)
	var sent collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &sent)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, resource := range sent.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
	answer, _ := proto.Marshal(&collector.ExportTraceServiceResponse{})
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

// ReceivedSpan is a span as it came.
type ReceivedSpan struct {
	Trace, ID, Parent, Name string
	Began, Ended            time.Time
	Attributes              map[string]string
}

// Spans are all that came, by trace and time.
func (r *Receiver) Spans() []ReceivedSpan {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]ReceivedSpan, 0, len(r.spans))
	for _, s := range r.spans {
		one := ReceivedSpan{
			Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()), Name: s.GetName(),
			Began: time.Unix(0, int64(s.GetStartTimeUnixNano())), Ended: time.Unix(0, int64(s.GetEndTimeUnixNano())),
			Attributes: map[string]string{},
		}
		for _, a := range s.GetAttributes() {
			one.Attributes[a.GetKey()] = a.GetValue().GetStringValue()
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b ReceivedSpan) int {
		return cmp.Or(strings.Compare(a.Trace, b.Trace), a.Began.Compare(b.Began), b.Ended.Compare(a.Ended))
	})
	return all
}

// WriteTrace writes a trace as a tree: each span below what it is a part of, with when it began, counted from the trace's
// begin, and how long it took.
func WriteTrace(out io.Writer, spans []ReceivedSpan) {
	for _, root := range spans {
		if root.Parent == "" {
			fmt.Fprintf(out, "trace %s\n", root.Trace)
			writeSpan(out, spans, root, root.Began, 0)
		}
	}
}

func writeSpan(out io.Writer, spans []ReceivedSpan, s ReceivedSpan, begin time.Time, depth int) {
	name := strings.Repeat("  ", depth) + s.Name
	fmt.Fprintf(out, "%-24s +%-8s %s\n", name, s.Began.Sub(begin).Round(10*time.Millisecond), s.Ended.Sub(s.Began).Round(10*time.Millisecond))
	for _, child := range spans {
		if child.Parent == s.ID && child.Trace == s.Trace {
			writeSpan(out, spans, child, begin, depth+1)
		}
	}
}
