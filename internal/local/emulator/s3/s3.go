// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package s3 is a server that speaks S3's protocol, for kiro-local and tests: gofakes3 on memory, with what it forgets
// of a written object, its encryption and checksum.
package s3

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// Service is the name under which calls are counted and made to fail.
const Service = "s3"

// Options make an Emulator. The zero Options are good.
type Options struct {
	// Faults counts calls and lets them fail; nil does neither.
	Faults *faults.Injector
}

// Emulator is the server. It is safe for concurrent use.
type Emulator struct {
	backend *s3mem.Backend
	server  http.Handler
	handler http.Handler

	mu      sync.Mutex
	written map[string]http.Header // by "bucket/key"
	// defaultKeys are the KMS keys that buckets encrypt with, where an upload asks for none.
	defaultKeys map[string]string
}

// Object is an object as it was written.
type Object struct {
	Body        []byte
	ContentType string
	Encryption  string // "AES256" or "aws:kms"
	Key         string // the KMS key, if there is one
	Checksum    string // the name of the algorithm; empty if the object came without
}

// New returns a server without buckets.
func New(options Options) *Emulator {
	backend := s3mem.New()
	e := &Emulator{
		backend:     backend,
		server:      gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server(),
		written:     map[string]http.Header{},
		defaultKeys: map[string]string{},
	}
	e.handler = http.HandlerFunc(e.serve)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(Service, WriteError)
		e.handler = options.Faults.Middleware(Service, Operation, e.handler)
	}
	return e
}

// CreateBucket makes a bucket. That it exists is no error.
func (e *Emulator) CreateBucket(name string) error {
	if !validBucketName(name) {
		return fmt.Errorf("creating bucket %s: that is no bucket's name", name)
	}
	if exists, err := e.backend.BucketExists(name); err != nil || exists {
		return err
	}
	if err := e.backend.CreateBucket(name); err != nil {
		return fmt.Errorf("creating bucket %s: %w", name, err)
	}
	return nil
}

// Keys returns the keys in a bucket that begin with prefix, sorted.
func (e *Emulator) Keys(bucket, prefix string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(e.written)) {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Object returns an object; ok is false if there is none.
func (e *Emulator) Object(bucket, key string) (o Object, ok bool) {
	stored, err := e.backend.GetObject(bucket, key, nil)
	if err != nil {
		return Object{}, false
	}
	defer func() { _ = stored.Contents.Close() }()
	body, err := io.ReadAll(stored.Contents)
	if err != nil {
		return Object{}, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	header := e.written[bucket+"/"+key]
	return Object{
		Body:        body,
		ContentType: header.Get("Content-Type"),
		Encryption:  header.Get(headerEncryption),
		Key:         header.Get(headerKey),
		Checksum:    checksum(header),
	}, true
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Operation is the operation that a request asks for; only those that this project uses have names.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
func Operation(r *http.Request) string {
	_, key := split(r)
	switch {
	case key == "" && r.Method == http.MethodHead:
		return "HeadBucket"
	case key == "" && r.Method == http.MethodGet:
		return "ListObjects"
	case key == "":
		return r.Method
	case r.Method == http.MethodPut:
		return "PutObject"
	case r.Method == http.MethodGet:
		return "GetObject"
	case r.Method == http.MethodHead:
		return "HeadObject"
	case r.Method == http.MethodDelete:
		return "DeleteObject"
	}
	return r.Method
}

func split(r *http.Request) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return bucket, key
}

func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	bucket, key := split(r)
	if !validBucketName(bucket) {
		WriteError(w, r, http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
		return
	}
	if Operation(r) == "PutObject" {
		header := r.Header.Clone()
		p := e.encrypt(bucket, header)
		if p == nil {
			p = receive(r)
		}
		if p != nil {
			WriteError(w, r, p.status, p.code, p.message)
			return
		}
		w = &onSuccess{ResponseWriter: w, do: func() {
			// https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html: every object is encrypted
			w.Header().Set(headerEncryption, header.Get(headerEncryption))
			if key := header.Get(headerKey); key != "" {
				w.Header().Set(headerKey, key)
			}
			e.mu.Lock()
			defer e.mu.Unlock()
			e.written[bucket+"/"+key] = header
		}}
	}
	e.server.ServeHTTP(w, r)
	if s, ok := w.(*onSuccess); ok {
		s.succeed() // a handler that wrote nothing has succeeded
	}
	if Operation(r) == "DeleteObject" {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.written, bucket+"/"+key)
	}
}

// onSuccess calls do before the first byte of an answer that is a success.
type onSuccess struct {
	http.ResponseWriter
	do func()
}

func (w *onSuccess) WriteHeader(status int) {
	if status < http.StatusMultipleChoices {
		w.succeed()
	}
	w.do = nil // it is decided
	w.ResponseWriter.WriteHeader(status)
}

func (w *onSuccess) Write(b []byte) (int, error) {
	w.succeed()
	return w.ResponseWriter.Write(b)
}

func (w *onSuccess) succeed() {
	if w.do != nil {
		w.do()
		w.do = nil
	}
}

// checksum is the algorithm of the checksum that came with an object, as a header or as a trailer.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func checksum(header http.Header) string {
	for name := range header {
		if algorithm, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-checksum-"); ok {
			return algorithm
		}
	}
	return strings.TrimPrefix(header.Get("X-Amz-Trailer"), "x-amz-checksum-")
}

type errorBody struct {
	XMLName xml.Name `xml:"Error"`
	Code    string   `xml:"Code"`
	Message string   `xml:"Message"`
}

// WriteError writes an error in the service's form. An answer to HEAD has no body, and so no code.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
func WriteError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	var body bytes.Buffer
	body.WriteString(xml.Header)
	if err := xml.NewEncoder(&body).Encode(errorBody{Code: code, Message: message}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes())
	}
}
