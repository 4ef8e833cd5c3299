// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"
)

// projectName is what the API takes as a project's name (API, CreateProject).
var projectName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$`)

// variableName is what a shell can export. AWS takes more; a build cannot use it.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Project is a project without a source (NO_SOURCE) and without artifacts: its builds fetch and store by themselves.
type Project struct {
	Name string
	// Buildspec is the text of the buildspec.
	Buildspec string
	// Variables are the project's environment variables, which the API shows.
	Variables map[string]string
	// Env is what is in the container before any variable of a build: what the image, the service role and the
	// network of a real project would give, so AWS_ENDPOINT_URL, credentials, PATH. The API does not show it.
	Env map[string]string
	// AutoRetryLimit is how often the service starts a failed build again.
	AutoRetryLimit int
	// ConcurrentBuildLimit of the project; zero is none.
	ConcurrentBuildLimit int
	// TimeoutMinutes and QueuedTimeoutMinutes are 60 and 480 by default (API).
	TimeoutMinutes, QueuedTimeoutMinutes int
	// PhaseTimes is how long phases take besides their commands, by phase type, on the server's clock: a container's
	// start is about 36 s of PROVISIONING. Nothing by default.
	PhaseTimes map[string]time.Duration
	// Run, if set, is what a build does in its BUILD phase instead of the buildspec: no process is started.
	// A nil error is success. It must return when its context ends.
	Run func(ctx context.Context, build Running) error
}

// Running is a build as Project.Run sees it.
type Running struct {
	ID, ARN string
	Dir     string
	Env     map[string]string
	Log     io.Writer
}

type project struct {
	Project
	arn      string
	created  time.Time
	modified time.Time
	number   int64 // of the last build
	faults   int   // how many of the next builds are to fault
}

// PutProject makes a project or changes it. Builds that have been started keep what they were started with.
func (s *Server) PutProject(p Project) error {
	if !projectName.MatchString(p.Name) {
		return fmt.Errorf("%q is not a project's name", p.Name)
	}
	if p.Run == nil && p.Buildspec == "" {
		return errors.New("a project needs a buildspec: it has no source to find one in")
	}
	for name := range p.Variables {
		if err := checkVariable(wireVariable{Name: name}); err != nil {
			return errors.New(err.message)
		}
	}
	setDefault(&p.TimeoutMinutes, 60)
	setDefault(&p.QueuedTimeoutMinutes, maxQueuedMinutes)
	p.Variables, p.Env, p.PhaseTimes = maps.Clone(p.Variables), maps.Clone(p.Env), maps.Clone(p.PhaseTimes)

	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Clock.Now()
	entry := s.projects[p.Name]
	if entry == nil {
		entry = &project{arn: s.arn("project/" + p.Name), created: now}
		s.projects[p.Name] = entry
	}
	entry.Project, entry.modified = p, now
	return nil
}

// DeleteProject takes a project away. Its builds stay (guide, "Delete a build project").
func (s *Server) DeleteProject(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.projects, name)
}

// FaultBuilds makes the next n builds of a project end with the status FAULT while they are provisioned.
func (s *Server) FaultBuilds(name string, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.projects[name]
	if p == nil {
		return fmt.Errorf("there is no project %q", name)
	}
	p.faults = n
	return nil
}

func (s *Server) arn(resource string) string {
	return "arn:aws:codebuild:" + s.options.Region + ":" + s.options.Account + ":" + resource
}

func (s *Server) wireProject(p *project) wireProject {
	out := wireProject{
		Name: p.Name, ARN: p.arn, Created: epochOf(p.created), LastModified: epochOf(p.modified),
		Source: sourceOf(p.Project), Artifacts: wireArtifacts{Type: "NO_ARTIFACTS"}, Cache: wireCache{"NO_CACHE"},
		Environment: environmentOf(variablesOf(p.Variables)), ServiceRole: s.serviceRole(p.Name),
		TimeoutInMinutes: p.TimeoutMinutes, QueuedTimeoutInMinutes: p.QueuedTimeoutMinutes,
		EncryptionKey: s.encryptionKey(), AutoRetryLimit: p.AutoRetryLimit,
	}
	if p.ConcurrentBuildLimit > 0 {
		out.ConcurrentBuildLimit = &p.ConcurrentBuildLimit
	}
	return out
}

func (s *Server) serviceRole(name string) string {
	return "arn:aws:iam::" + s.options.Account + ":role/service-role/codebuild-" + name + "-service-role"
}

func (s *Server) encryptionKey() string {
	return "arn:aws:kms:" + s.options.Region + ":" + s.options.Account + ":alias/aws/s3"
}

func sourceOf(p Project) wireSource { return wireSource{Type: "NO_SOURCE", Buildspec: p.Buildspec} }

func environmentOf(variables []wireVariable) wireEnvironment {
	return wireEnvironment{
		Type: "LINUX_CONTAINER", Image: "aws/codebuild/standard:7.0", ComputeType: "BUILD_GENERAL1_SMALL",
		EnvironmentVariables: variables,
	}
}

func variablesOf(values map[string]string) []wireVariable {
	out := make([]wireVariable, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, wireVariable{Name: name, Value: values[name], Type: plaintext})
	}
	return out
}
