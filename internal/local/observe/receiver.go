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
	shown  map[string]bool // what senders showed to be let in
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

// Env has builds send theirs too: it is given to demo.Options.
func (r *Receiver) Env() map[string]string {
	return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20" + ReceiverToken}
}

// ReceiverToken is what builds show to the receiver. Nobody but the worker sees it.
const ReceiverToken = "not-a-token-but-must-not-be-seen"

// Close ends it.
func (r *Receiver) Close() error { return r.server.Close() }

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.note(req.Header.Get("Authorization"))
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

func (r *Receiver) note(authorization string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown == nil {
		r.shown = map[string]bool{}
	}
	r.shown[authorization] = true
}

// Shown reports whether somebody showed this to be let in.
func (r *Receiver) Shown(authorization string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown[authorization]
}

// ReceivedSpan is a span as it came.
type ReceivedSpan struct {
	Trace, ID, Parent, Name string
	// Kind is KindClient for a call of a service.
	Kind         string
	Began, Ended time.Time
	Attributes   map[string]string
}

// KindClient is the kind of spans that are calls of services.
const KindClient = "CLIENT"

// Spans are all that came, by trace and time.
func (r *Receiver) Spans() []ReceivedSpan {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]ReceivedSpan, 0, len(r.spans))
	for _, s := range r.spans {
		one := ReceivedSpan{
			Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()), Name: s.GetName(),
			Kind:  strings.TrimPrefix(s.GetKind().String(), "SPAN_KIND_"),
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
	fmt.Fprintf(out, "%-52s +%-9s %s\n", name, s.Began.Sub(begin).Round(10*time.Millisecond), s.Ended.Sub(s.Began).Round(10*time.Millisecond))
	for _, child := range spans {
		if child.Parent == s.ID && child.Trace == s.Trace {
			writeSpan(out, spans, child, begin, depth+1)
		}
	}
}
