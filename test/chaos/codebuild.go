// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/smithy-go"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// tokenLife is how long CodeBuild knows an idempotency token.
// https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
const tokenLife = 5 * time.Minute

// account is CodeBuild in one account: one project and its builds.
type account struct {
	w       *world
	id      string
	project string
	arn     string
	builds  []*run
	byID    map[string]*run
	tokens  map[string]*run
	// capacity is how many builds run at once; the rest wait in CodeBuild's queue.
	capacity int
	// full is the time up to which StartBuild answers AccountLimitExceeded.
	full time.Time
	// unstoppable is set where nobody may call StopBuild.
	unstoppable bool
	// begin lets the worker of a build run.
	begin func(*run)
	// started is called with every build that StartBuild made.
	started func(*run)
}

func newAccount(w *world, id string) *account {
	return &account{
		w: w, id: id, project: "kiro", arn: "arn:aws:codebuild:eu-west-1:" + id + ":project/kiro",
		byID: map[string]*run{}, tokens: map[string]*run{}, capacity: 1 + w.random.IntN(4),
	}
}

// run is one build.
type run struct {
	account *account
	id, arn string
	input   *codebuild.StartBuildInput
	env     map[string]string
	lockID  string
	byHand  bool // retried in the console
	status  types.StatusType
	phase   types.BuildPhaseType
	started time.Time
	ended   time.Time
	visible time.Time // before it, CodeBuild's own reads may not find it
	deleted bool      // from CodeBuild's history
	worker  *process
	// terminated is set once its worker was sent SIGTERM.
	terminated bool
	// releasing is set once the worker has asked to release its lock.
	releasing bool
	// checked is when its worker last knew that its lease is good.
	checked time.Time
}

func (r *run) over() bool { return r.status != types.StatusTypeInProgress }

// alive reports whether the build's worker can still do something.
func (r *run) alive() bool { return r.worker != nil && !r.worker.dead }

// start is StartBuild: the same token gives the same build, and with other parameters an error.
func (a *account) start(in *codebuild.StartBuildInput) (*run, error) {
	token := aws.ToString(in.IdempotencyToken)
	if r := a.tokens[token]; token != "" && r != nil && a.w.now.Sub(r.started) < tokenLife {
		if !sameParameters(r.input, in) {
			return nil, &types.InvalidInputException{Message: aws.String("the token was used with other parameters")}
		}
		return r, nil
	}
	if a.w.now.Before(a.full) {
		return nil, &types.AccountLimitExceededException{Message: aws.String("Cannot have more builds in queue for the account")}
	}
	r := a.add(in)
	if token != "" {
		a.tokens[token] = r
	}
	a.started(r)
	return r, nil
}

// retryByHand is what a person does in the console: the same parameters, a new build.
func (a *account) retryByHand(old *run) {
	r := a.add(old.input)
	r.byHand = true
	a.w.say("somebody retries %s in the console as %s", brief(old.id), brief(r.id))
}

func (a *account) add(in *codebuild.StartBuildInput) *run {
	id := fmt.Sprintf("%s:%s-%08d", a.project, a.id[:4], len(a.builds)+1)
	r := &run{
		account: a, id: id, arn: "arn:aws:codebuild:eu-west-1:" + a.id + ":build/" + id, input: in,
		env: map[string]string{}, status: types.StatusTypeInProgress, phase: types.BuildPhaseTypeQueued, started: a.w.now,
	}
	for _, v := range in.EnvironmentVariablesOverride {
		r.env[aws.ToString(v.Name)] = aws.ToString(v.Value)
	}
	r.lockID = r.env[contract.EnvLockID]
	if a.w.chance(0.2) {
		r.visible = a.w.now.Add(a.w.between(0, 20*time.Second))
	}
	a.builds = append(a.builds, r)
	a.byID[id] = r
	a.w.after(a.w.between(time.Second, 20*time.Second), func() { a.schedule(r) })
	if q := aws.ToInt32(in.QueuedTimeoutInMinutesOverride); q > 0 {
		a.w.after(time.Duration(q)*time.Minute, func() {
			if r.worker == nil {
				a.end(r, types.StatusTypeTimedOut)
			}
		})
	}
	return r
}

// schedule lets a queued build begin, or look again later.
func (a *account) schedule(r *run) {
	if r.over() {
		return
	}
	running := 0
	for _, o := range a.builds {
		if !o.over() && o.worker != nil {
			running++
		}
	}
	if running >= a.capacity {
		a.w.after(10*time.Second, func() { a.schedule(r) })
		return
	}
	r.phase = types.BuildPhaseTypeBuild
	a.begin(r)
	if t := aws.ToInt32(r.input.TimeoutInMinutesOverride); t > 0 {
		a.w.after(time.Duration(t)*time.Minute, func() { a.end(r, types.StatusTypeTimedOut) })
	}
}

// end ends a build. Its worker is gone from then on; what it has sent is still on its way.
func (a *account) end(r *run, status types.StatusType) {
	if r.over() {
		return
	}
	if r.worker != nil {
		r.worker.kill()
	}
	r.status, r.phase, r.ended = status, types.BuildPhaseTypeCompleted, a.w.now
	a.w.say("build %s is over: %s", brief(r.id), status)
}

// stop is StopBuild: the build ends some seconds later, sometimes many minutes later.
func (a *account) stop(id string) error {
	r := a.byID[id]
	if a.unstoppable {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized to perform: codebuild:StopBuild"}
	}
	if r == nil || r.deleted || a.w.now.Before(r.visible) {
		return &types.ResourceNotFoundException{Message: aws.String("build not found")}
	}
	delay := a.w.between(time.Second, 20*time.Second)
	if a.w.chance(0.1) {
		delay = a.w.between(time.Minute, 15*time.Minute)
	}
	// The container gets a signal first; its worker may have the time to release, and to say that it was interrupted.
	a.w.after(delay-a.w.between(0, delay), func() { r.terminated = true })
	a.w.after(delay, func() { a.end(r, types.StatusTypeStopped) })
	return nil
}

// get is BatchGetBuilds.
func (a *account) get(ids []string) *codebuild.BatchGetBuildsOutput {
	out := &codebuild.BatchGetBuildsOutput{}
	for _, id := range ids {
		r := a.byID[id]
		if r == nil || r.deleted || a.w.now.Before(r.visible) {
			out.BuildsNotFound = append(out.BuildsNotFound, id)
			continue
		}
		out.Builds = append(out.Builds, r.describe())
	}
	return out
}

func (r *run) describe() types.Build {
	b := types.Build{
		Id: aws.String(r.id), Arn: aws.String(r.arn), ProjectName: aws.String(r.account.project), BuildStatus: r.status,
		CurrentPhase: aws.String(string(r.phase)), StartTime: aws.Time(r.started),
		Environment: &types.ProjectEnvironment{EnvironmentVariables: []types.EnvironmentVariable{
			{Name: aws.String(contract.EnvLockID), Value: aws.String(r.lockID)},
		}},
	}
	if r.over() {
		b.EndTime = aws.Time(r.ended)
	}
	if r.worker != nil {
		b.Phases = []types.BuildPhase{{PhaseType: types.BuildPhaseTypeProvisioning}}
	}
	return b
}

func sameParameters(a, b *codebuild.StartBuildInput) bool {
	if len(a.EnvironmentVariablesOverride) != len(b.EnvironmentVariablesOverride) ||
		aws.ToInt32(a.TimeoutInMinutesOverride) != aws.ToInt32(b.TimeoutInMinutesOverride) {
		return false
	}
	for i, v := range a.EnvironmentVariablesOverride {
		o := b.EnvironmentVariablesOverride[i]
		if aws.ToString(v.Name) != aws.ToString(o.Name) || aws.ToString(v.Value) != aws.ToString(o.Value) {
			return false
		}
	}
	return true
}
