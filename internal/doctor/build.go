// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// lookBuildTimeout is how long a build that only looks may run, and may wait in CodeBuild's queue.
	lookBuildTimeout = 10 * time.Minute
	// pollBuild is the time between two looks at it.
	pollBuild = 5 * time.Second
	// stopTimeout bounds the request that ends a build that nobody waits for any more.
	stopTimeout = 10 * time.Second
	// mostRepositories is how many repositories one build looks at, and mostLines how many lines are believed.
	mostRepositories = 10
	mostLines        = 50
)

// Build starts a build in an environment that only looks, with the build's own role: it reads the secrets, asks whether it
// may push, writes to the bucket and asks the agent who is logged in. It claims no lock. Build waits for its end, says what
// it found and returns how many checks failed. Without repositories, those of the environment's sources are looked at.
func (d *Doctor) Build(ctx context.Context, environment client.ObjectKey, repositories []string) (failed int) {
	d.failed = 0
	s := subject{d, "build " + environment.String()}
	var e *v1alpha1.WorkEnvironment
	if !s.check(ctx, "environment", func(ctx context.Context) (message string, err error) {
		e, repositories, err = d.lookedAt(ctx, environment, repositories)
		return fmt.Sprintf("project %s, %d repositories", e.Spec.CodeBuild.ProjectName, len(repositories)), err
	}) {
		s.skip("it is not known what to start", "start", "build")
		return d.failed
	}
	if len(repositories) == 0 {
		s.skip("no source of the environment names a repository: give one with --repository=OWNER/NAME", "push")
	}
	look, err := lookOf(e, repositories, d.options.ID())
	var started build.Build
	var builds build.Service
	if !s.check(ctx, "start", func(ctx context.Context) (string, error) {
		if err != nil {
			return "", err
		}
		if builds, err = d.options.Environments.Builds(ctx, e.Namespace, e.Spec.AWS); err != nil {
			return "", fmt.Errorf("reaching CodeBuild: %w", err)
		}
		started, err = startLook(ctx, builds, e, look)
		return started.Reference.Name(), err
	}) {
		s.skip("no build was started", "build")
		return d.failed
	}
	ended, err := d.awaitBuild(ctx, builds, started.Reference)
	if err != nil {
		s.check(ctx, "build", func(context.Context) (string, error) { return "", err })
		return d.failed
	}
	d.sayReport(ctx, s, e, look, ended)
	return d.failed
}

// lookedAt finds the environment, and the repositories that its sources name.
func (d *Doctor) lookedAt(ctx context.Context, key client.ObjectKey, repositories []string) (*v1alpha1.WorkEnvironment, []string, error) {
	none := &v1alpha1.WorkEnvironment{}
	f, err := d.list(ctx)
	if err != nil {
		return none, nil, err
	}
	i := slices.IndexFunc(f.environments, func(e v1alpha1.WorkEnvironment) bool { return client.ObjectKeyFromObject(&e) == key })
	if i < 0 {
		return none, nil, fmt.Errorf("there is no WorkEnvironment %s: name one as NAMESPACE/NAME", key)
	}
	named := repositories
	for n := range f.sources {
		source := &f.sources[n]
		if len(named) == 0 && source.Namespace == key.Namespace && source.Spec.EnvironmentRef.Name == key.Name {
			repositories = append(repositories, source.Spec.GitHub.Repositories...)
		}
	}
	slices.Sort(repositories)
	repositories = slices.Compact(repositories)
	return &f.environments[i], repositories[:min(len(repositories), mostRepositories)], nil
}

func lookOf(e *v1alpha1.WorkEnvironment, repositories []string, id string) (contract.Look, error) {
	for _, r := range repositories {
		if owner, name, ok := strings.Cut(r, "/"); !ok || owner == "" || name == "" || strings.ContainsAny(r, "?#@: ") || strings.Count(r, "/") != 1 {
			return contract.Look{}, fmt.Errorf("%q is no repository: name one as OWNER/NAME", r)
		}
	}
	var secretEnv []contract.SecretVariable
	for _, v := range e.Spec.Gates.SecretEnv {
		secretEnv = append(secretEnv, contract.SecretVariable{Name: v.Name, SecretARN: v.SecretARN})
	}
	c := e.Spec.Credentials
	return contract.Look{
		ID: id, Environment: string(e.Spec.Tier), LocksTableName: e.Spec.Lock.TableName, LockRegion: e.Spec.Lock.Region, Bucket: e.Spec.Artifacts.Bucket,
		ArtifactsKMSKeyARN: e.Spec.Artifacts.KMSKeyARN, GitHubAPIURL: e.Spec.GitHub.APIURL,
		GitHubTokenSecretARN: c.GitHubTokenSecretARN, GitSecretARN: c.GitSecretARN, AgentSecretARN: c.AgentSecretARN,
		AgentPreset: string(e.Spec.Agent.Preset), AgentProgram: programOf(e.Spec.Agent), Repositories: repositories, SecretEnv: secretEnv,
	}, nil
}

// maxProgram is the longest name of a program that a build is asked to look for: all that it is told is one variable.
const maxProgram = 256

// programOf is the program of the preset command, where it is known before there is a task.
func programOf(a v1alpha1.Agent) string {
	if a.Preset != v1alpha1.AgentCommand || len(a.Command) == 0 || len(a.Command[0]) > maxProgram || strings.Contains(a.Command[0], "{{") {
		return ""
	}
	return a.Command[0]
}

func startLook(ctx context.Context, builds build.Starter, e *v1alpha1.WorkEnvironment, look contract.Look) (build.Build, error) {
	variable, err := look.Encode()
	if err != nil {
		return build.Build{}, err
	}
	started, err := builds.Start(ctx, build.StartRequest{
		Project: e.Spec.CodeBuild.ProjectName, Token: look.ID, Environment: []contract.Variable{variable},
		Timeout: lookBuildTimeout, QueuedTimeout: lookBuildTimeout,
	})
	if err != nil {
		return build.Build{}, fmt.Errorf("starting a build that only looks: %w", err)
	}
	return started, nil
}

// awaitBuild waits for the end of a build. Nobody would read what it finds later, so it is stopped where nobody waits.
func (d *Doctor) awaitBuild(ctx context.Context, builds build.Service, ref build.Reference) (build.Build, error) {
	var last error
	for {
		found, _, err := builds.Get(ctx, []build.Reference{ref})
		if b := found[ref]; err == nil && b.State.Over() {
			return b, nil
		}
		last = err
		select {
		case <-ctx.Done():
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
			defer cancel()
			stopped := builds.Stop(stopping, ref)
			return build.Build{}, fmt.Errorf("build %s is not over, and is stopped: wait longer (--timeout), or look why it hangs: %w",
				ref.Name(), errors.Join(context.Cause(ctx), last, stopped))
		case <-d.options.After(d.options.Poll):
		}
	}
}

// sayReport says what the build found, line by line, or that it found nothing.
func (d *Doctor) sayReport(ctx context.Context, s subject, e *v1alpha1.WorkEnvironment, look contract.Look, ended build.Build) {
	var report contract.LookReport
	s.check(ctx, "build", func(ctx context.Context) (string, error) {
		table, err := d.options.Environments.LockReader(ctx, e.Namespace, e.Spec.LockAccess(), e.Spec.Lock.TableName)
		if err != nil {
			return "", fmt.Errorf("reaching the lock table: %w", err)
		}
		rows, err := table.Rows(ctx, []string{contract.LookKey(look.ID)})
		if err != nil {
			return "", fmt.Errorf("reading the build's report: %w", err)
		}
		text := rows[contract.LookKey(look.ID)].Result
		if text == "" {
			return "", fmt.Errorf("build %s ended as %s and left no report. Its log says why (%s)%s. Its worker may be older than this version, "+
				"or its role lacks dynamodb:UpdateItem on the lock table's rows branch#*", ended.Reference.Name(), ended.State, ended.Log.URL, trouble(ended))
		}
		if err := json.Unmarshal([]byte(text), &report); err != nil || len(report.Lines) > mostLines {
			return "", fmt.Errorf("the report of build %s cannot be read: use a worker of this version in the build's image", ended.Reference.Name())
		}
		return fmt.Sprintf("%s, worker %s", ended.Reference.Name(), report.Version), nil
	})
	for _, line := range report.Lines {
		s.check(ctx, fault.Cut(fault.Clean(line.Check), maxCheck), func(context.Context) (string, error) {
			if line.OK {
				return line.Message, nil
			}
			return "", errors.New(line.Message)
		})
	}
}

// maxCheck is the longest name of a check that a build gives.
const maxCheck = 32

func trouble(b build.Build) string {
	if b.Trouble == "" {
		return ""
	}
	return "; CodeBuild says: " + b.Trouble
}
