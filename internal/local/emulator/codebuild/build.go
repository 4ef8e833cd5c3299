// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"k8s.io/utils/clock"
)

// Statuses of builds and phases (API, Build and BuildPhase).
const (
	statusInProgress = "IN_PROGRESS"
	statusSucceeded  = "SUCCEEDED"
	statusFailed     = "FAILED"
	statusFault      = "FAULT"
	statusTimedOut   = "TIMED_OUT"
	statusStopped    = "STOPPED"
)

// Phases in their order (API, BuildPhase).
const (
	phaseSubmitted       = "SUBMITTED"
	phaseQueued          = "QUEUED"
	phaseProvisioning    = "PROVISIONING"
	phaseDownloadSource  = "DOWNLOAD_SOURCE"
	phaseInstall         = "INSTALL"
	phasePreBuild        = "PRE_BUILD"
	phaseBuild           = "BUILD"
	phasePostBuild       = "POST_BUILD"
	phaseUploadArtifacts = "UPLOAD_ARTIFACTS"
	phaseFinalizing      = "FINALIZING"
	phaseCompleted       = "COMPLETED"
)

type phase struct {
	kind       string
	status     string // empty while it runs, and for COMPLETED (CLI)
	start, end time.Time
	context    *wireContext
}

// build is one build. Its fields are guarded by the server's lock, except for those that never change.
type build struct {
	start0  start // what it was started with
	project Project
	id      string
	uuid    string
	arn     string
	number  int64
	dir     string
	start   time.Time
	ctx     context.Context //nolint:containedctx // the life of the build's processes
	kill    context.CancelFunc
	faulty  bool // is to fault while provisioned

	status string
	phases []phase
	end    time.Time
	next   *build // the auto-retry that this build led to
	timer  clock.Timer
	gone   bool // no process of it runs any more
}

// newBuild makes a build that is not submitted yet.
func (s *Server) newBuild(p *project, st start) *build {
	p.number++
	setDefault(&st.initiator, s.options.Initiator)
	uuid := s.uuid()
	b := &build{
		start0: st, project: p.Project, uuid: uuid, id: p.Name + ":" + uuid, number: p.number,
		dir: filepath.Join(s.options.DataDir, p.Name, uuid), start: s.options.Clock.Now(), status: statusInProgress,
	}
	b.arn = s.arn("build/" + b.id)
	b.ctx, b.kill = context.WithCancel(s.ctx)
	if p.faults > 0 {
		p.faults--
		b.faulty = true
	}
	s.builds[b.id] = b
	s.order = append(s.order, b)
	return b
}

func (s *Server) uuid() string {
	hi, lo := s.options.Random.Uint64(), s.options.Random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>48&0x3fff|0x8000, lo&0xffffffffffff)
}

// current is the phase that the build is in.
func (b *build) current() *phase { return &b.phases[len(b.phases)-1] }

// reached reports whether the build has been in a phase.
func (b *build) reached(kind string) bool {
	for _, p := range b.phases {
		if p.kind == kind {
			return true
		}
	}
	return false
}

// enter ends the build's phase and begins the next. It is false if the build is over.
func (s *Server) enter(b *build, kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enterLocked(b, kind)
}

func (s *Server) enterLocked(b *build, kind string) bool {
	if b.status != statusInProgress {
		return false
	}
	now := s.options.Clock.Now()
	if len(b.phases) > 0 {
		b.current().finish(statusSucceeded, now)
	}
	b.phases = append(b.phases, phase{kind: kind, start: now})
	s.notify()
	return true
}

// fail ends the build's phase with a status and says why. The build goes on.
func (s *Server) fail(b *build, status, code, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.status != statusInProgress {
		return
	}
	p := b.current()
	p.context = &wireContext{StatusCode: code, Message: message}
	p.finish(status, s.options.Clock.Now())
	s.notify()
}

func (p *phase) finish(status string, now time.Time) {
	if p.end.IsZero() {
		p.status, p.end = status, now
	}
}

// end ends a build. A build that is stopped or timed out has no FINALIZING (CLI, stop-build: BUILD with the status
// STOPPED is followed by COMPLETED). The caller holds the lock.
func (s *Server) end(b *build, status string) {
	if b.status != statusInProgress {
		return
	}
	now := s.options.Clock.Now()
	b.current().finish(status, now)
	b.phases = append(b.phases, phase{kind: phaseCompleted, start: now})
	b.status, b.end = status, now
	if b.timer != nil {
		b.timer.Stop()
	}
	s.unqueue(b)
	if status == statusStopped && s.options.Linger > 0 && !s.closed {
		s.options.Clock.AfterFunc(s.options.Linger, b.kill)
	} else {
		b.kill()
	}
	s.notify()
	s.retryAutomatically(b)
}

// retryAutomatically starts a failed build again. Guide, "Retry builds automatically": the service calls RetryBuild
// "after a failed build up to a specified limit". Which statuses count as failed is not published; here all but
// SUCCEEDED and STOPPED do. The caller holds the lock.
func (s *Server) retryAutomatically(b *build) {
	switch {
	case b.status == statusSucceeded, b.status == statusStopped, b.start0.retryNum >= b.start0.retryLimit, s.closed:
		return
	}
	p := s.projects[b.project.Name]
	if p == nil || s.checkLimits(p) != nil {
		return
	}
	st := b.start0
	st.variables, st.retryNum, st.previous = maps.Clone(st.variables), st.retryNum+1, b
	b.next = s.newBuild(p, st)
	s.submit(b.next)
}

func (s *Server) wireBuild(b *build) wireBuild {
	location := ""
	return wireBuild{
		ID: b.id, ARN: b.arn, BuildNumber: b.number, StartTime: epochOf(b.start), EndTime: epochOf(b.end),
		CurrentPhase: b.current().kind, BuildStatus: b.status, BuildComplete: b.status != statusInProgress,
		SourceVersion: b.start0.sourceVersion, ResolvedSourceVersion: b.start0.sourceVersion,
		ProjectName: b.project.Name, Phases: wirePhases(b.phases), Source: sourceOf(b.project),
		Artifacts: wireArtifacts{Location: &location}, Cache: wireCache{"NO_CACHE"},
		Environment: environmentOf(variablesOf(b.start0.variables)), ServiceRole: s.serviceRole(b.project.Name),
		Logs: s.wireLogs(b), TimeoutInMinutes: b.start0.timeout, QueuedTimeoutInMinutes: b.start0.queued,
		Initiator: b.start0.initiator, EncryptionKey: s.encryptionKey(), AutoRetryConfig: autoRetryOf(b),
	}
}

func autoRetryOf(b *build) wireAutoRetry {
	out := wireAutoRetry{AutoRetryLimit: b.start0.retryLimit, AutoRetryNumber: b.start0.retryNum}
	if b.next != nil {
		out.NextAutoRetry = b.next.arn
	}
	if b.start0.previous != nil {
		out.PreviousAutoRetry = b.start0.previous.arn
	}
	return out
}

func wirePhases(phases []phase) []wirePhase {
	out := make([]wirePhase, 0, len(phases))
	for _, p := range phases {
		w := wirePhase{PhaseType: p.kind, PhaseStatus: p.status, StartTime: epochOf(p.start), EndTime: epochOf(p.end)}
		if !p.end.IsZero() {
			seconds := int64(p.end.Sub(p.start) / time.Second)
			w.DurationInSeconds = &seconds
			if p.kind != phaseSubmitted && p.kind != phaseQueued { // those two have none (CLI, batch-get-builds)
				w.Contexts = []wireContext{{}}
			}
		}
		if p.context != nil {
			w.Contexts = []wireContext{*p.context}
		}
		out = append(out, w)
	}
	return out
}

// wireLogs: API, LogsLocation: "The log stream is created during the PROVISIONING phase of a build and the deeplink
// will not be valid until it is created." Before, the service's link names the group null.
func (s *Server) wireLogs(b *build) wireLogs {
	out := wireLogs{CloudWatchLogs: wireLogStatus{"ENABLED"}, S3Logs: wireLogStatus{"DISABLED"}}
	group, stream := "null", "null"
	if b.reached(phaseProvisioning) {
		out.GroupName, out.StreamName = "/aws/codebuild/"+b.project.Name, b.uuid
		group, stream = out.GroupName, out.StreamName
	}
	out.DeepLink = "https://console.aws.amazon.com/cloudwatch/home?region=" + s.options.Region +
		"#logEvent:group=" + group + ";stream=" + stream
	return out
}
