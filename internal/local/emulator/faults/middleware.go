// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// maxBody bounds what one request may make an emulator hold in memory, in bytes. The largest are git pushes and
// artifact uploads, which are far below.
const maxBody = 256 << 20

// Middleware counts the calls to next and lets them fail by the rules. operation names a request's operation; it may
// read the body, which is buffered and given to next whole.
func (i *Injector) Middleware(service string, operation func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "reading the request: "+err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		_ = r.Body.Close()
		r.Body = io.NopCloser(bytes.NewReader(body))
		if len(body) > 0 {
			r.ContentLength, r.TransferEncoding = int64(len(body)), nil
		}
		name := operation(r)
		r.Body = io.NopCloser(bytes.NewReader(body))

		fault, writer := i.next(service, name)
		if fault.SlowAnswer {
			i.answerSlowly(w, r, fault, next, writer)
			return
		}
		if !i.wait(r, fault.Latency) {
			return
		}
		fault.serve(w, r, next, writer)
	})
}

// answerSlowly has the call take effect, whatever becomes of the client, and then the latency pass. A fault that cuts
// the connection does so before.
func (i *Injector) answerSlowly(w http.ResponseWriter, r *http.Request, fault Fault, next http.Handler, writer ErrorWriter) {
	recorded := httptest.NewRecorder()
	fault.serve(recorded, r.Clone(context.WithoutCancel(r.Context())), next, writer)
	if !i.wait(r, fault.Latency) {
		return
	}
	maps.Copy(w.Header(), recorded.Header())
	w.WriteHeader(recorded.Code)
	_, _ = w.Write(recorded.Body.Bytes())
}

// wait returns false if the client gave up before the latency was over: then the call has no effect.
func (i *Injector) wait(r *http.Request, latency time.Duration) bool {
	if latency <= 0 {
		return true
	}
	timer := i.clock.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C():
		return true
	case <-r.Context().Done():
		return false
	}
}

func (f Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler, writer ErrorWriter) {
	switch {
	case f.LoseAnswer:
		next.ServeHTTP(httptest.NewRecorder(), r)
		// net/http's own way to cut a connection without an answer; the server does not log it.
		panic(http.ErrAbortHandler)
	case f.Truncate:
		f.truncate(w, r, next)
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.NotJSON:
		w.Header().Set("Content-Type", "text/html")
		maps.Copy(w.Header(), f.Header)
		w.WriteHeader(orDefault(f.Status, http.StatusBadGateway))
		_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n")
	case f.Respond != nil:
		f.Respond(w, r)
	case f.Status != 0:
		maps.Copy(w.Header(), f.Header)
		if f.Body != "" || writer == nil {
			w.WriteHeader(f.Status)
			_, _ = io.WriteString(w, f.Body)
			return
		}
		writer(w, r, f.Status, f.Code, f.Message)
	default:
		next.ServeHTTP(w, r)
	}
}

// truncate promises the whole body and sends half of it.
func (f Fault) truncate(w http.ResponseWriter, r *http.Request, next http.Handler) {
	recorded := httptest.NewRecorder()
	next.ServeHTTP(recorded, r)
	body := recorded.Body.Bytes()
	maps.Copy(w.Header(), recorded.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(recorded.Code)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func orDefault(value, fallback int) int {
	if value == 0 {
		return fallback
	}
	return value
}
