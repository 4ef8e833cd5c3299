// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// held is a project whose builds run until they are ended.
func held() emulator.Project {
	return emulator.Project{Run: func(ctx context.Context, _ emulator.Running) error {
		<-ctx.Done()
		return nil
	}}
}

// quick is a project whose builds succeed at once.
func quick() emulator.Project {
	return emulator.Project{Run: func(context.Context, emulator.Running) error { return nil }}
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestStartBuildRefusals(t *testing.T) {
	variable := func(name string, kind types.EnvironmentVariableType) func(*codebuild.StartBuildInput) {
		return func(in *codebuild.StartBuildInput) {
			in.EnvironmentVariablesOverride = []types.EnvironmentVariable{{Name: &name, Value: aws.String("x"), Type: kind}}
		}
	}
	tests := map[string]struct {
		why    string
		change func(*codebuild.StartBuildInput)
		want   string
	}{
		"Plain":         {"a request without overrides is taken", func(*codebuild.StartBuildInput) {}, ""},
		"Unknown":       {"the project must exist", func(in *codebuild.StartBuildInput) { in.ProjectName = aws.String("other") }, "ResourceNotFoundException"},
		"ShortTimeout":  {"5 minutes is the least", func(in *codebuild.StartBuildInput) { in.TimeoutInMinutesOverride = aws.Int32(4) }, "InvalidInputException"},
		"LongTimeout":   {"36 hours is the most", func(in *codebuild.StartBuildInput) { in.TimeoutInMinutesOverride = aws.Int32(2161) }, "InvalidInputException"},
		"LongestTime":   {"the bound itself is fine", func(in *codebuild.StartBuildInput) { in.TimeoutInMinutesOverride = aws.Int32(2160) }, ""},
		"ShortQueue":    {"5 minutes is the least", func(in *codebuild.StartBuildInput) { in.QueuedTimeoutInMinutesOverride = aws.Int32(4) }, "InvalidInputException"},
		"LongQueue":     {"8 hours is the most", func(in *codebuild.StartBuildInput) { in.QueuedTimeoutInMinutesOverride = aws.Int32(481) }, "InvalidInputException"},
		"NegativeRetry": {"nothing can be retried fewer than no times", func(in *codebuild.StartBuildInput) { in.AutoRetryLimitOverride = aws.Int32(-1) }, "InvalidInputException"},
		"Reserved":      {"the prefix is the service's", variable("CODEBUILD_X", types.EnvironmentVariableTypePlaintext), "InvalidInputException"},
		"Secret":        {"a kind of variable that is not imitated is refused, not set to the secret's name", variable("X", types.EnvironmentVariableTypeSecretsManager), "InvalidInputException"},
		"Buildspec":     {"an override that is not imitated is refused, not ignored", func(in *codebuild.StartBuildInput) { in.BuildspecOverride = aws.String("x") }, "SerializationException"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, emulator.Options{})
			p := quick()
			put(t, s, p)
			in := &codebuild.StartBuildInput{ProjectName: aws.String("worker")}
			tc.change(in)
			_, err := c.StartBuild(context.Background(), in)
			if got := code(err); got != tc.want {
				t.Errorf("%s: error = %q, want %q", tc.why, got, tc.want)
			}
			if started := len(s.Builds()); (started == 1) != (tc.want == "") {
				t.Errorf("%s: %d builds", tc.why, started)
			}
		})
	}
}

func TestIdempotencyToken(t *testing.T) {
	clk := clocktesting.NewFakeClock(epoch)
	s, c := serve(t, emulator.Options{Clock: clk})
	put(t, s, held())
	call := func(token, version string) (string, error) {
		out, err := c.StartBuild(context.Background(), &codebuild.StartBuildInput{
			ProjectName: aws.String("worker"), IdempotencyToken: &token, SourceVersion: &version,
		})
		if err != nil {
			return "", err
		}
		return *out.Build.Id, nil
	}
	first, err := call("a", "1")
	if err != nil {
		t.Fatal(err)
	}
	clk.Step(5*time.Minute - time.Millisecond)
	if again, err := call("a", "1"); err != nil || again != first {
		t.Errorf("the same token within 5 minutes gave %s, %v; want %s", again, err, first)
	}
	if _, err := call("a", "2"); code(err) != "InvalidInputException" {
		t.Errorf("the same token with another parameter gave %v, want InvalidInputException", err)
	}
	if other, err := call("b", "1"); err != nil || other == first {
		t.Errorf("another token gave %s, %v; want another build", other, err)
	}
	clk.Step(time.Millisecond)
	if late, err := call("a", "2"); err != nil || late == first {
		t.Errorf("the token after 5 minutes gave %s, %v; want another build", late, err)
	}
	if n := len(s.Builds()); n != 3 {
		t.Errorf("%d builds were started, want 3", n)
	}
}

func TestLimits(t *testing.T) {
	t.Run("Project", func(t *testing.T) {
		s, c := serve(t, emulator.Options{})
		p := held()
		p.ConcurrentBuildLimit = 1
		put(t, s, p)
		first := startBuild(t, c, func(in *codebuild.StartBuildInput) { in.IdempotencyToken = aws.String("a") })
		if _, err := c.StartBuild(context.Background(), &codebuild.StartBuildInput{ProjectName: aws.String("worker")}); code(err) != "AccountLimitExceededException" {
			t.Errorf("over the project's limit: %v, want AccountLimitExceededException and no queueing", err)
		}
		again := startBuild(t, c, func(in *codebuild.StartBuildInput) { in.IdempotencyToken = aws.String("a") })
		if *again.Id != *first.Id {
			t.Error("a repeated call is not a further build and must not meet the limit")
		}
		if _, err := c.StopBuild(context.Background(), &codebuild.StopBuildInput{Id: first.Id}); err != nil {
			t.Fatal(err)
		}
		if next := startBuild(t, c); *next.Id == *first.Id {
			t.Error("a build that is over does not count, and the next one is another")
		}
	})
	t.Run("Account", func(t *testing.T) {
		s, c := serve(t, emulator.Options{ConcurrentBuilds: 1, MaxQueued: 1})
		put(t, s, held())
		first, second := startBuild(t, c), startBuild(t, c)
		_, err := c.StartBuild(context.Background(), &codebuild.StartBuildInput{ProjectName: aws.String("worker")})
		if code(err) != "AccountLimitExceededException" {
			t.Errorf("over the queue's limit: %v, want AccountLimitExceededException", err)
		}
		waitFor(t, s, *first.Id, in("BUILD"))
		if b := get(t, c, *second.Id); *b.CurrentPhase != "QUEUED" || b.BuildStatus != types.StatusTypeInProgress {
			t.Errorf("the second build is %s in %s, want it queued", b.BuildStatus, *b.CurrentPhase)
		}
		if b := get(t, c, *second.Id); b.Logs.GroupName != nil || !strings.Contains(*b.Logs.DeepLink, "group=null") {
			t.Errorf("a queued build has logs %+v: a client could link to a log that does not exist", b.Logs)
		}
		if _, err := c.StopBuild(context.Background(), &codebuild.StopBuildInput{Id: first.Id}); err != nil {
			t.Fatal(err)
		}
		waitFor(t, s, *second.Id, in("BUILD"))
		if b := get(t, c, *second.Id); *b.Logs.GroupName != "/aws/codebuild/worker" || !strings.Contains(*b.Id, *b.Logs.StreamName) {
			t.Errorf("a running build has logs %+v", b.Logs)
		}
	})
}

func TestTimeouts(t *testing.T) {
	clk := clocktesting.NewFakeClock(epoch)
	s, c := serve(t, emulator.Options{Clock: clk, ConcurrentBuilds: 1})
	put(t, s, held())
	running := startBuild(t, c, func(in *codebuild.StartBuildInput) { in.TimeoutInMinutesOverride = aws.Int32(10) })
	queued := startBuild(t, c, func(in *codebuild.StartBuildInput) { in.QueuedTimeoutInMinutesOverride = aws.Int32(5) })
	waitFor(t, s, *running.Id, in("BUILD"))

	clk.Step(5 * time.Minute)
	b := waitFor(t, s, *queued.Id, emulator.Build.Over)
	if diff := cmp.Diff([]string{"SUBMITTED SUCCEEDED", "QUEUED TIMED_OUT", "COMPLETED"}, sketch(b)); diff != "" || b.Status != "TIMED_OUT" {
		t.Errorf("the build that waited too long is %s (-want +got):\n%s", b.Status, diff)
	}
	if b, _ := s.Build(*running.Id); b.Over() {
		t.Error("the running build ended before its time")
	}
	clk.Step(5 * time.Minute)
	b = gone(t, s, *running.Id)
	if diff := cmp.Diff([]string{"BUILD TIMED_OUT", "COMPLETED"}, sketch(b)[6:]); diff != "" || b.Status != "TIMED_OUT" {
		t.Errorf("the build that ran too long is %s (-want +got):\n%s", b.Status, diff)
	}
	if d := *get(t, c, b.ID).Phases[6].DurationInSeconds; d != 600 {
		t.Errorf("its BUILD phase took %d s, want 600 by the server's clock", d)
	}
}

func TestStopBuild(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, held())
	b := startBuild(t, c)
	waitFor(t, s, *b.Id, in("BUILD"))
	stop := func(id string) (*codebuild.StopBuildOutput, error) {
		return c.StopBuild(context.Background(), &codebuild.StopBuildInput{Id: &id})
	}
	out, err := stop(*b.Arn)
	if err != nil || out.Build.BuildStatus != types.StatusTypeStopped || *out.Build.CurrentPhase != "COMPLETED" || !out.Build.BuildComplete {
		t.Errorf("stopping gave %+v, %v; want it STOPPED and complete at once", out, err)
	}
	end := out.Build.EndTime
	if out, err = stop(*b.Id); err != nil || !out.Build.EndTime.Equal(*end) {
		t.Errorf("stopping again gave %v; want the build as it is", err)
	}
	if diff := cmp.Diff([]string{"BUILD STOPPED", "COMPLETED"}, sketch(gone(t, s, *b.Id))[6:]); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if _, err := stop("worker:0"); code(err) != "ResourceNotFoundException" {
		t.Errorf("stopping a build that does not exist gave %v", err)
	}
	if _, err := stop("worker"); code(err) != "InvalidInputException" {
		t.Errorf("stopping what is no id gave %v", err)
	}
}

func TestBatchGetBuilds(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, quick())
	b := startBuild(t, c)
	ask := func(ids ...string) (*codebuild.BatchGetBuildsOutput, error) {
		return c.BatchGetBuilds(context.Background(), &codebuild.BatchGetBuildsInput{Ids: ids})
	}
	out, err := ask(*b.Id, "worker:none", *b.Arn, strings.Replace(*b.Arn, "us-east-1", "eu-west-1", 1))
	if err != nil || len(out.Builds) != 2 {
		t.Fatalf("got %+v, %v; want the build by id and by ARN", out, err)
	}
	want := []string{"worker:none", strings.Replace(*b.Arn, "us-east-1", "eu-west-1", 1)}
	if diff := cmp.Diff(want, out.BuildsNotFound); diff != "" {
		t.Errorf("not found (-want +got):\n%s", diff)
	}
	if _, err := ask(make([]string, 0)...); code(err) != "InvalidInputException" {
		t.Errorf("no id: %v", err)
	}
	if _, err := ask(make([]string, 101)...); code(err) != "InvalidInputException" {
		t.Errorf("101 ids: %v", err)
	}
	if _, err := ask(*b.Id, "x"); code(err) != "InvalidInputException" {
		t.Errorf("what is no id: %v", err)
	}
}

func TestListBuildsForProject(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, quick())
	put(t, s, emulator.Project{Name: "other", Run: quick().Run})
	var want []string
	list := func(order types.SortOrderType, token *string) (*codebuild.ListBuildsForProjectOutput, error) {
		return c.ListBuildsForProject(context.Background(), &codebuild.ListBuildsForProjectInput{
			ProjectName: aws.String("worker"), NextToken: token, SortOrder: order})
	}
	for range 100 {
		want = append([]string{*startBuild(t, c).Id}, want...)
	}
	startBuild(t, c, func(in *codebuild.StartBuildInput) { in.ProjectName = aws.String("other") })
	if out, err := list(types.SortOrderTypeAscending, nil); err != nil || out.Ids[0] != want[99] || out.NextToken != nil {
		t.Errorf("100 builds ascending: %v", err)
	}
	for range 30 {
		want = append([]string{*startBuild(t, c).Id}, want...)
	}
	if _, err := list(types.SortOrderTypeDescending, nil); code(err) != "InvalidInputException" {
		t.Errorf("a sort order over 100 builds: %v, want InvalidInputException", err)
	}
	one, err := list("", nil)
	if err != nil {
		t.Fatal(err)
	}
	startBuild(t, c)
	two, err := list("", one.NextToken)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Ids) != 100 || two.NextToken != nil {
		t.Errorf("the pages have %d and %d ids", len(one.Ids), len(two.Ids))
	}
	if diff := cmp.Diff(want, append(one.Ids, two.Ids...)); diff != "" {
		t.Errorf("newest first, none twice though one was started in between (-want +got):\n%s", diff)
	}
	if _, err := list("", aws.String("x")); code(err) != "InvalidInputException" {
		t.Errorf("a made-up token: %v", err)
	}
}

func TestBatchGetProjects(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	p := quick()
	p.AutoRetryLimit, p.ConcurrentBuildLimit = 2, 3
	put(t, s, p)
	out, err := c.BatchGetProjects(context.Background(), &codebuild.BatchGetProjectsInput{Names: []string{"none", "worker"}})
	if err != nil || len(out.Projects) != 1 {
		t.Fatalf("got %+v, %v", out, err)
	}
	got := out.Projects[0]
	if *got.Arn != "arn:aws:codebuild:us-east-1:123456789012:project/worker" || *got.AutoRetryLimit != 2 || *got.ConcurrentBuildLimit != 3 {
		t.Errorf("project = %+v", got)
	}
	if diff := cmp.Diff([]string{"none"}, out.ProjectsNotFound); diff != "" {
		t.Errorf("not found (-want +got):\n%s", diff)
	}
}

func TestAutoRetry(t *testing.T) {
	fails := func(context.Context, emulator.Running) error { return errors.New("no") }
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Run: fails, AutoRetryLimit: 2})
	override := func(in *codebuild.StartBuildInput) { in.AutoRetryLimitOverride = aws.Int32(0) }

	alone := startBuild(t, c, override)
	gone(t, s, *alone.Id)
	if n := len(s.Builds()); n != 1 {
		t.Fatalf("%d builds after one with autoRetryLimitOverride 0", n)
	}
	first := startBuild(t, c, func(in *codebuild.StartBuildInput) {
		in.EnvironmentVariablesOverride = []types.EnvironmentVariable{{Name: aws.String("LOCK"), Value: aws.String("one")}}
	})
	gone(t, s, *first.Id)
	second := *get(t, c, *first.Id).AutoRetryConfig.NextAutoRetry
	gone(t, s, second)
	third := *get(t, c, second).AutoRetryConfig.NextAutoRetry
	b := gone(t, s, third)
	if b.Variables["LOCK"] != "one" {
		t.Error("a retried build must carry the first one's variables: that is the danger in it")
	}
	last := get(t, c, third).AutoRetryConfig
	if *last.AutoRetryNumber != 2 || last.NextAutoRetry != nil || *last.PreviousAutoRetry != second {
		t.Errorf("the last retry = %+v; want number 2 and no next", last)
	}
}

func TestRetryBuild(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Run: quick().Run, Variables: map[string]string{"LOCK": "one"}})
	b := startBuild(t, c)
	gone(t, s, *b.Id)
	again, err := s.RetryBuild(*b.Id, "ann")
	if err != nil {
		t.Fatal(err)
	}
	if again.ID == *b.Id || again.Variables["LOCK"] != "one" || again.Initiator != "ann" || again.RetryOf != *b.Id {
		t.Errorf("retried = %+v", again)
	}
}

func TestProtocol(t *testing.T) {
	s, err := emulator.New(emulator.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tests := map[string]struct {
		why, target, auth, body, want string
	}{
		"Operation": {"an operation that is not imitated must not look like success", "CodeBuild_20161006.ListProjects", "x", "{}", "UnknownOperationException"},
		"Target":    {"a request for another service is not for us", "DynamoDB_20120810.GetItem", "x", "{}", "UnknownOperationException"},
		"Unsigned":  {"AWS takes no request without a signature", "CodeBuild_20161006.StartBuild", "", "{}", "MissingAuthenticationTokenException"},
		"NotJSON":   {"a body that is not JSON is an error of the client", "CodeBuild_20161006.StartBuild", "x", "<", "SerializationException"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tc.body))
			r.Header.Set("X-Amz-Target", tc.target)
			if tc.auth != "" {
				r.Header.Set("Authorization", tc.auth)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%s: %d %s, want %s", tc.why, w.Code, w.Body, tc.want)
			}
		})
	}
}

func TestFaultsInjected(t *testing.T) {
	injector := faults.New(nil, nil)
	s, c := serve(t, emulator.Options{Faults: injector})
	put(t, s, quick())
	injector.Add(faults.Rule{Service: emulator.Service, Operation: "StartBuild", Nth: 1, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "ThrottlingException", Message: "Rate exceeded"}})
	injector.Add(faults.Rule{Service: emulator.Service, Operation: "StartBuild", Nth: 2, Fault: faults.Fault{LoseAnswer: true}})
	start := &codebuild.StartBuildInput{ProjectName: aws.String("worker")}
	if _, err := c.StartBuild(context.Background(), start); code(err) != "ThrottlingException" || len(s.Builds()) != 0 {
		t.Errorf("the throttled call gave %v and %d builds", err, len(s.Builds()))
	}
	if _, err := c.StartBuild(context.Background(), start); err == nil || len(s.Builds()) != 1 {
		t.Errorf("the lost answer gave %v and %d builds; want an error and a build", err, len(s.Builds()))
	}
	if n := injector.Calls(emulator.Service, "StartBuild"); n != 2 {
		t.Errorf("%d calls counted, want 2", n)
	}
}
