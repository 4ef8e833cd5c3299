// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is the port on the real SDK, with its retries on, on an emulator.
type world struct {
	*codebuild.Service
	emulator *emulator.Server
	faults   *faults.Injector
	clock    *clocktesting.FakeClock
}

func newWorld(t *testing.T, change ...func(*emulator.Options)) *world {
	t.Helper()
	w := &world{clock: clocktesting.NewFakeClock(epoch)}
	c := cloud.New(t, cloud.Options{
		Region: "us-east-1", Account: "123456789012", Clock: w.clock,
		Builds: true, Projects: []emulator.Project{{Name: "worker", Run: held}},
		CodeBuild: func(o *emulator.Options) {
			for _, f := range change {
				f(o)
			}
		},
	})
	w.emulator, w.faults = c.CodeBuild, c.Faults
	w.Service = port(c.AWSURL)
	return w
}

func port(url string) *codebuild.Service {
	return codebuild.New(sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}))
}

func (w *world) put(t *testing.T, p emulator.Project) {
	t.Helper()
	if err := w.emulator.PutProject(p); err != nil {
		t.Fatal(err)
	}
}

func held(ctx context.Context, _ emulator.Running) error {
	<-ctx.Done()
	return nil
}

// start starts a build and waits until it runs.
func (w *world) start(t *testing.T, req build.StartRequest) build.Build {
	t.Helper()
	if req.Project == "" {
		req.Project = "worker"
	}
	b, err := w.Start(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	w.until(t, b.Reference.Name(), func(b emulator.Build) bool { return b.Phase == "BUILD" })
	return b
}

func (w *world) until(t *testing.T, id string, cond func(emulator.Build) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := w.emulator.WaitFor(ctx, id, cond); err != nil {
		t.Fatal(err)
	}
}

func TestStart(t *testing.T) {
	w := newWorld(t)
	w.put(t, emulator.Project{Name: "worker", Run: held, AutoRetryLimit: 3})
	req := build.StartRequest{
		Project: "worker", Token: "token",
		Environment: []contract.Variable{{Name: contract.EnvLockID, Value: "lock"}, {Name: "X", Value: "a b"}},
		Timeout:     time.Hour, QueuedTimeout: 20 * time.Minute,
	}
	first := w.start(t, req)
	again := w.start(t, req)
	if first.Reference != again.Reference || len(w.emulator.Builds()) != 1 {
		t.Errorf("the same request gave %s and %s: a controller that crashed after the call would start two builds", first.Reference, again.Reference)
	}
	id := first.Reference.Name()
	want := build.Build{Reference: build.Reference("arn:aws:codebuild:us-east-1:123456789012:build/" + id), StartTime: epoch, LockID: "lock", Phases: inARow(epoch, build.PhaseTime{Name: "SUBMITTED"}, build.PhaseTime{Name: "QUEUED"})}
	if first.State.Over() {
		t.Errorf("it is over: %s", first.State)
	}
	if diff := cmp.Diff(want, first, cmpopts.IgnoreFields(build.Build{}, "State", "Phase", "Provisioned", "Log")); diff != "" {
		t.Errorf("build (-want +got):\n%s", diff)
	}
	b, _ := w.emulator.Build(id)
	if diff := cmp.Diff(map[string]string{contract.EnvLockID: "lock", "X": "a b"}, b.Variables); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	// The project's own retries would carry this lock: the build is over after its time-out and nothing follows.
	w.clock.Step(time.Hour)
	w.until(t, id, emulator.Build.Over)
	if n := len(w.emulator.Builds()); n != 1 {
		t.Errorf("%d builds, want no automatic retry", n)
	}
}

func TestStartErrors(t *testing.T) {
	answer := func(status int, code string) func(*world) {
		return func(w *world) {
			w.faults.Add(faults.Rule{Operation: "StartBuild", Fault: faults.Fault{Status: status, Code: code, Message: "no"}})
		}
	}
	do := func(f faults.Fault) func(*world) {
		return func(w *world) { w.faults.Add(faults.Rule{Operation: "StartBuild", Nth: 1, Fault: f}) }
	}
	tests := map[string]struct {
		why      string
		prepare  func(*world)
		change   func(*build.StartRequest)
		rejected bool
		reused   bool
		kind     string
		code     fault.Code
		started  int
	}{
		"Capacity": {why: "a full account started nothing, and is no failure",
			prepare: answer(400, "AccountLimitExceededException"), rejected: true, kind: "wait", code: fault.CodeCapacity},
		"Throttled": {why: "a throttled request was turned away before it had an effect",
			prepare: answer(400, "ThrottlingException"), rejected: true, kind: "wait", code: fault.CodeRateLimited},
		"Denied": {why: "only a person can add a missing permission",
			prepare: answer(400, "AccessDeniedException"), rejected: true, kind: "terminal", code: fault.CodeAccessDenied},
		"Expired": {why: "expired credentials are fetched again",
			prepare: answer(400, "ExpiredTokenException"), rejected: true, kind: "retryable", code: fault.CodeUnauthorized},
		"Suspended": {why: "a suspended account is its owner's affair",
			prepare: answer(400, "AccountSuspendedException"), rejected: true, kind: "terminal", code: fault.CodeAccessDenied},
		"NoProject": {why: "a project that does not exist started nothing",
			change: func(r *build.StartRequest) { r.Project = "other" }, rejected: true, kind: "terminal", code: fault.CodeNotFound},
		"InvalidInput": {why: "it may be the token with other parameters: then a build exists, so it proves nothing",
			prepare: answer(400, "InvalidInputException"), reused: true, kind: "retryable", code: fault.CodeInvalidRequest},
		"Timeout": {why: "what CodeBuild would refuse is refused here, where it is proof",
			change: func(r *build.StartRequest) { r.Timeout = 4 * time.Minute }, rejected: true, kind: "terminal", code: fault.CodeInvalidRequest},
		"Seconds": {why: "half a minute would be cut off silently",
			change: func(r *build.StartRequest) { r.QueuedTimeout = 330 * time.Second }, rejected: true, kind: "terminal", code: fault.CodeInvalidRequest},
		"Internal": {why: "a 5xx may come after the effect",
			prepare: answer(500, "InternalFailure"), kind: "retryable", code: fault.CodeUnreachable},
		"ThrottledBy5xx": {why: "a 5xx with the code of a rejection is still a 5xx",
			prepare: answer(503, "ThrottlingException"), kind: "retryable", code: fault.CodeUnreachable},
		"LimitBy5xx": {why: "also with one of CodeBuild's own",
			prepare: answer(503, "AccountLimitExceededException"), kind: "retryable", code: fault.CodeUnreachable},
		"LostAnswer": {why: "the build was started and the answer was lost",
			prepare: do(faults.Fault{LoseAnswer: true}), kind: "retryable", code: fault.CodeUnreachable, started: 1},
		"Truncated": {why: "half an answer is no answer",
			prepare: do(faults.Fault{Truncate: true}), kind: "retryable", started: 1},
		"NotJSON": {why: "a proxy's page says nothing about the service",
			prepare: do(faults.Fault{NotJSON: true}), kind: "retryable"},
		"NotJSONForbidden": {why: "nor does a proxy's 403",
			prepare: do(faults.Fault{NotJSON: true, Status: 403}), kind: "retryable"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tc.prepare != nil {
				tc.prepare(w)
			}
			req := build.StartRequest{Project: "worker", Token: "token", Timeout: time.Hour}
			if tc.change != nil {
				tc.change(&req)
			}
			_, err := w.Start(context.Background(), req)
			if err == nil {
				t.Fatalf("%s: no error", tc.why)
			}
			if got := errors.Is(err, build.ErrRejected); got != tc.rejected {
				t.Errorf("%s: rejected = %v: %v", tc.why, got, err)
			}
			if got := errors.Is(err, build.ErrTokenReused); got != tc.reused {
				t.Errorf("%s: token reused = %v: %v", tc.why, got, err)
			}
			if got := kind(err); got != tc.kind {
				t.Errorf("%s: kind = %s, want %s: %v", tc.why, got, tc.kind, err)
			}
			if got := fault.CodeOf(err); tc.code != "" && got != tc.code {
				t.Errorf("%s: code = %q, want %q: %v", tc.why, got, tc.code, err)
			}
			if n := len(w.emulator.Builds()); n != tc.started {
				t.Errorf("%s: %d builds, want %d", tc.why, n, tc.started)
			}
			if n := w.faults.Calls(emulator.Service, "StartBuild"); n > 1 {
				t.Errorf("%s: %d calls: a retry inside could hide what the first call did", tc.why, n)
			}
		})
	}
}

func kind(err error) string {
	if _, ok := fault.AsWait(err); ok {
		return "wait"
	}
	if fault.IsTerminal(err) {
		return "terminal"
	}
	return "retryable"
}

func TestStartAfterTokenReuse(t *testing.T) {
	w := newWorld(t)
	w.start(t, build.StartRequest{Token: "token", Timeout: time.Hour})
	_, err := w.Start(context.Background(), build.StartRequest{Project: "worker", Token: "token", Timeout: 2 * time.Hour})
	if !errors.Is(err, build.ErrTokenReused) || errors.Is(err, build.ErrRejected) {
		t.Errorf("error = %v; want one that says look first, since a build runs", err)
	}
}

func TestStartProjectLimit(t *testing.T) {
	w := newWorld(t)
	w.put(t, emulator.Project{Name: "worker", Run: held, ConcurrentBuildLimit: 1})
	w.start(t, build.StartRequest{Token: "a"})
	_, err := w.Start(context.Background(), build.StartRequest{Project: "worker", Token: "b"})
	if !errors.Is(err, build.ErrRejected) || fault.CodeOf(err) != fault.CodeCapacity {
		t.Errorf("error = %v; want a rejected start that waits for capacity", err)
	}
}

func TestStop(t *testing.T) {
	w := newWorld(t)
	b := w.start(t, build.StartRequest{Token: "a"})
	for range 2 {
		if err := w.Stop(context.Background(), b.Reference); err != nil {
			t.Errorf("stopping %s: %v; want no error, also if it is over", b.Reference, err)
		}
	}
	w.until(t, b.Reference.Name(), emulator.Build.Over)
	found, _, err := w.Get(context.Background(), []build.Reference{b.Reference})
	if err != nil || found[b.Reference].State != build.StateStopped {
		t.Errorf("it is %q, %v; want stopped", found[b.Reference].State, err)
	}
	if err := w.Stop(context.Background(), b.Reference[:len(b.Reference)-3]+"000"); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("stopping a build that does not exist: %v", err)
	}
	for _, ref := range []build.Reference{"../x", build.Reference(b.Reference.Name())} {
		if err := w.Stop(context.Background(), ref); !fault.IsTerminal(err) || fault.CodeOf(err) != fault.CodeInvalidRequest {
			t.Errorf("stopping %q, which is no build's reference: %v", ref, err)
		}
	}
}

func TestProject(t *testing.T) {
	w := newWorld(t)
	w.put(t, emulator.Project{Name: "worker", Run: held, AutoRetryLimit: 1, ConcurrentBuildLimit: 2})
	got, err := w.Project(context.Background(), "worker")
	want := build.Project{Reference: "arn:aws:codebuild:us-east-1:123456789012:project/worker", Name: "worker", AutoRetryLimit: 1, ConcurrentBuildLimit: 2}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := w.Project(context.Background(), "other"); !fault.IsTerminal(err) || fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("a project that does not exist: %v", err)
	}
	w.faults.Add(faults.Rule{Operation: "BatchGetProjects", Fault: faults.Fault{Status: 400, Code: "AccessDeniedException"}})
	if _, err := w.Project(context.Background(), "worker"); fault.CodeOf(err) != fault.CodeAccessDenied {
		t.Errorf("denied: %v; want that, not a project that is missing", err)
	}
}

func TestSample(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join("..", "..", "local", "emulator", "codebuild", "testdata", "batch-get-builds.json"))
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(sample) }))
	defer h.Close()
	const id = "codebuild-demo-project:815e755f-bade-4a7e-80f0-efe51EXAMPLE"
	const ref = build.Reference("arn:aws:codebuild:us-west-2:123456789012:build/" + id)
	got, missing, err := port(h.URL).Get(context.Background(), []build.Reference{ref})
	want := map[build.Reference]build.Build{ref: {
		Reference: ref, State: build.StateSucceeded, Phase: "COMPLETED", Provisioned: true,
		Log: build.Log{
			URL: "https://console.aws.amazon.com/cloudwatch/home?region=us-west-2#logEvent:group=/aws/codebuild/" +
				"codebuild-demo-project;stream=4dea3ca4-20ec-4898-b22a-a9eb9292775d",
			Group: "/aws/codebuild/codebuild-demo-project", Stream: "4dea3ca4-20ec-4898-b22a-a9eb9292775d",
		},
		StartTime: time.UnixMilli(1548716241890).UTC(), EndTime: time.UnixMilli(1548716315935).UTC(),
		Phases: inARow(time.UnixMilli(1548716241890).UTC(), []build.PhaseTime{
			{Name: "SUBMITTED", Seconds: 0.351}, {Name: "QUEUED", Seconds: 0.295}, {Name: "PROVISIONING", Seconds: 33.635},
			{Name: "DOWNLOAD_SOURCE", Seconds: 15.638}, {Name: "INSTALL", Seconds: 0.184}, {Name: "PRE_BUILD", Seconds: 0.198},
			{Name: "BUILD", Seconds: 9.431}, {Name: "POST_BUILD", Seconds: 3.161}, {Name: "UPLOAD_ARTIFACTS", Seconds: 8.992},
			{Name: "FINALIZING", Seconds: 2.16},
		}...),
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || len(missing) > 0 {
		t.Errorf("%v, missing %v (-want +got):\n%s", err, missing, diff)
	}
}

// inARow are phases of which each begins when the one before has ended.
func inARow(began time.Time, phases ...build.PhaseTime) build.Phases {
	var all build.Phases
	for n, p := range phases {
		p.Began = began
		all[n], began = p, began.Add(time.Duration(p.Seconds*1000+0.5)*time.Millisecond)
	}
	return all
}

func references(builds []build.Build) []build.Reference {
	var out []build.Reference
	for _, b := range builds {
		out = append(out, b.Reference)
	}
	return out
}

func label(n int) string { return fmt.Sprintf("%03d", n) }
