// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package codebuild is a CodeBuild that runs on one machine. It speaks the service's wire protocol, keeps its state
// in memory and really runs a project's buildspec, as processes, each build in its own directory.
//
// Every rule that it imitates names its source in a comment: "API" is the API reference, as in the doc comments of
// aws-sdk-go-v2/service/codebuild; "guide" is the user guide at docs.aws.amazon.com/codebuild; "CLI" is the sample
// answers in aws-cli's awscli/examples/codebuild. Where nothing is published the comment says so, and what was
// chosen is what is harder on a client. What is not supported is an error, never ignored.
package codebuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// Service is the name by which fault rules mean this emulator, and the service in a request's signature.
const Service = "codebuild"

const (
	targetPrefix = "CodeBuild_20161006."
	contentType  = "application/x-amz-json-1.1"
	// maxRequest bounds a request, in bytes.
	maxRequest = 1 << 20
	// defaultConcurrency is the guide's "Concurrently running builds" quota.
	defaultConcurrency = 60
)

// Options of a Server.
type Options struct {
	// DataDir is where builds run: one directory a build. Required; it stays after Close.
	DataDir string
	// Region and Account are in every ARN; "us-east-1" and "123456789012" by default.
	Region, Account string
	// Initiator is who starts builds; "kiro-worker" by default.
	Initiator string
	// ConcurrentBuilds is how many builds the account runs at once; 60 by default. Others are queued.
	ConcurrentBuilds int
	// MaxQueued is how many builds may be queued; by default five times ConcurrentBuilds (guide, "Builds").
	// A negative number means none.
	MaxQueued int
	// Linger is how long the processes of a stopped build go on after the service said STOPPED. The service makes no
	// promise about that time; clients have to wait a settling time, and this shows whether they do.
	Linger time.Duration
	// Clock is the real one by default. Processes run in real time whatever it says.
	Clock clock.WithDelayedExecution
	// Random makes build ids; seeded by chance by default.
	Random *rand.Rand
	// Faults counts calls and makes them fail. Optional.
	Faults *faults.Injector
}

// Server is the emulator. It is an http.Handler and safe for concurrent use.
type Server struct {
	options Options
	handler http.Handler
	ctx     context.Context //nolint:containedctx // the life of the server, which every build's life is part of
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	changed  chan struct{} // closed and replaced at every change
	projects map[string]*project
	builds   map[string]*build // by id
	order    []*build          // oldest first
	tokens   map[string]token
	queue    []*build
	active   int // builds that have a container
}

// New returns a server without projects. Call Close when done with it, or processes stay behind.
func New(options Options) (*Server, error) {
	if options.DataDir == "" {
		return nil, errors.New("the CodeBuild emulator needs a DataDir to run builds in")
	}
	dir, err := realDir(options.DataDir)
	if err != nil {
		return nil, fmt.Errorf("making the CodeBuild emulator's DataDir: %w", err)
	}
	options.DataDir = dir
	setDefault(&options.Region, "us-east-1")
	setDefault(&options.Account, "123456789012")
	setDefault(&options.Initiator, "kiro-worker")
	setDefault(&options.ConcurrentBuilds, defaultConcurrency)
	setDefault(&options.MaxQueued, 5*options.ConcurrentBuilds)
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	if options.Random == nil {
		options.Random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		options: options, ctx: ctx, cancel: cancel, changed: make(chan struct{}),
		projects: map[string]*project{}, builds: map[string]*build{}, tokens: map[string]token{},
	}
	s.handler = http.HandlerFunc(s.serve)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(Service, func(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
			writeError(w, &apiError{status: status, code: code, message: message})
		})
		s.handler = options.Faults.Middleware(Service, operation, s.handler)
	}
	return s, nil
}

// realDir makes a directory and returns its absolute path without symbolic links: commands run elsewhere, and the
// kernel gives a process's directory in this form.
func realDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

func setDefault[T comparable](value *T, def T) {
	var zero T
	if *value == zero {
		*value = def
	}
}

// Close stops every build, kills every process and waits until they are gone.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for _, b := range s.order {
		s.end(b, statusStopped)
	}
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// operation names a request's operation.
func operation(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	answer, err := s.dispatch(r)
	if err != nil {
		writeError(w, err)
		return
	}
	body, jsonErr := json.Marshal(answer)
	if jsonErr != nil {
		writeError(w, &apiError{status: http.StatusInternalServerError, code: "InternalFailure", message: jsonErr.Error()})
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body)
}

func (s *Server) dispatch(r *http.Request) (any, *apiError) {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("X-Amz-Target"), targetPrefix) {
		return nil, &apiError{status: http.StatusBadRequest, code: "UnknownOperationException",
			message: "CodeBuild takes POST requests whose X-Amz-Target begins with " + targetPrefix}
	}
	if r.Header.Get("Authorization") == "" {
		return nil, &apiError{status: http.StatusBadRequest, code: "MissingAuthenticationTokenException",
			message: "Missing Authentication Token"}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil || len(body) > maxRequest {
		return nil, &apiError{status: http.StatusBadRequest, code: "SerializationException", message: "the request cannot be read"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, &apiError{status: http.StatusServiceUnavailable, code: "ServiceUnavailableException", message: "the emulator is closed"}
	}
	switch op := operation(r); op {
	case "StartBuild":
		return call(body, s.startBuild)
	case "StopBuild":
		return call(body, s.stopBuild)
	case "BatchGetBuilds":
		return call(body, s.batchGetBuilds)
	case "ListBuildsForProject":
		return call(body, s.listBuildsForProject)
	case "BatchGetProjects":
		return call(body, s.batchGetProjects)
	default:
		return nil, &apiError{status: http.StatusBadRequest, code: "UnknownOperationException",
			message: fmt.Sprintf("the emulator has no operation %q", op)}
	}
}

// call decodes a request. A member that the emulator does not know is refused: it would have an effect at AWS.
func call[I, O any](body []byte, op func(I) (O, *apiError)) (any, *apiError) {
	var in I
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, &apiError{status: http.StatusBadRequest, code: "SerializationException",
			message: "the emulator does not take this request: " + err.Error()}
	}
	out, err := op(in)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// notify wakes everybody who waits for a change.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}
