// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package doctor looks, with the manager's own rights, whether everything that environments and sources name can be reached
// and is as it must be, and says what to do about what is not. It changes nothing, and reads no secret of a build's:
// what only a build can see, a build looks at that it starts when it is asked to.
package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
)

// checkTimeout is how long one check may take: longer than a call with its retries.
const checkTimeout = 45 * time.Second

// State is what a check found.
type State string

// The states of a line.
const (
	OK State = "ok"
	// Failed needs somebody to do what the message says.
	Failed State = "FAILED"
	// Skipped could not be asked, because something failed before.
	Skipped State = "skipped"
)

// Line is what one check found.
type Line struct {
	State   State
	Subject string // "cluster", "environment team/staging", "source team/board"
	Check   string
	// Message is what was found, or what is wrong and what to do.
	Message string
}

// Print writes a line for people, in columns.
func Print(w io.Writer, l Line) {
	_, _ = fmt.Fprintf(w, "%-8s %-32s %-14s %s\n", l.State, l.Subject, l.Check, l.Message)
}

// Environments makes clients of what an environment names.
type Environments interface {
	Identify(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (awsapi.Identity, error)
	LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Reader, error)
	BuildProjects(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Projects, error)
	Store(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (artifacts.Store, error)
	// Builds is for builds that only look.
	Builds(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Service, error)
}

// Destinations makes clients that look things up without using them.
type Destinations interface {
	SecretFinder(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, arn string) (secrets.Finder, error)
	NotificationChecker(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Checker, error)
}

// Sources makes clients of what a source names.
type Sources interface {
	Board(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment) (board.Board, error)
	GitHub(source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment) (*githubapi.Client, error)
}

// Options make a Doctor.
type Options struct {
	// Config is how the API server is reached, and Client asks it, without a cache.
	Config *rest.Config
	Client client.Client

	Environments Environments
	Destinations Destinations
	Sources      Sources

	// Namespaces to look into; none is all.
	Namespaces []string
	// Installation is the name of the installation that the doctor belongs to; empty knows no other.
	Installation string
	// Say is called with each line as soon as it is known.
	Say func(Line)
	// Clock is this machine's.
	Clock clock.PassiveClock
	// After waits, between two looks at a build; Poll is how long. Nil and zero are real time and 5s.
	After func(time.Duration) <-chan time.Time
	Poll  time.Duration
	// ID names a report. Nil draws one.
	ID func() string
}

// Doctor looks at one installation.
type Doctor struct {
	options Options
	failed  int
}

// New returns a Doctor. It calls nobody.
func New(o Options) *Doctor {
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.After == nil {
		o.After = time.After
	}
	if o.Poll == 0 {
		o.Poll = pollBuild
	}
	if o.ID == nil {
		o.ID = func() string { return strings.ToLower(rand.Text()) }
	}
	return &Doctor{options: o}
}

// Run makes all checks and returns how many failed.
func (d *Doctor) Run(ctx context.Context) (failed int) {
	d.failed = 0
	found, ok := d.cluster(ctx)
	if !ok {
		return d.failed
	}
	environments := map[client.ObjectKey]*v1alpha1.WorkEnvironment{}
	for i := range found.environments {
		environment := &found.environments[i]
		environments[client.ObjectKeyFromObject(environment)] = environment
		d.environment(ctx, environment)
	}
	for i := range found.sources {
		source := &found.sources[i]
		key := client.ObjectKey{Namespace: source.Namespace, Name: source.Spec.EnvironmentRef.Name}
		d.source(ctx, source, environments[key])
	}
	return d.failed
}

// RunningBuilds says which items have a build, or are about to, and returns how many. Whoever uninstalls asks it.
func (d *Doctor) RunningBuilds(ctx context.Context) (failed int) {
	d.failed = 0
	subject{d, "cluster"}.check(ctx, "builds", func(ctx context.Context) (string, error) {
		for _, namespace := range d.namespaces() {
			items := &v1alpha1.WorkItemList{}
			if err := d.options.Client.List(ctx, items, client.InNamespace(namespace)); err != nil {
				return "", listError(err)
			}
			for i := range items.Items {
				d.runningBuild(ctx, &items.Items[i])
			}
		}
		if d.failed > 0 {
			return "", fmt.Errorf("%d builds run: wait for their ends, cancel them (kubectl workitem cancel NAME), "+
				"or go on all the same (helm uninstall --no-hooks): then they end by themselves", d.failed)
		}
		return "no build runs", nil
	})
	return d.failed
}

func (d *Doctor) runningBuild(ctx context.Context, item *v1alpha1.WorkItem) {
	if !item.AttemptActive() {
		return
	}
	d.subject("item", item).check(ctx, "build", func(context.Context) (string, error) {
		return "", fmt.Errorf("%s, branch %s, is %s", item.Spec.Repository, item.Spec.Branch, item.Status.Phase)
	})
}

// namespaces to look into; the empty one is all.
func (d *Doctor) namespaces() []string {
	if len(d.options.Namespaces) == 0 {
		return []string{""}
	}
	return d.options.Namespaces
}

// subject says the lines of one object.
type subject struct {
	doctor *Doctor
	name   string
}

func (d *Doctor) subject(kind string, o client.Object) subject {
	return subject{d, kind + " " + o.GetNamespace() + "/" + o.GetName()}
}

// check makes one check, within its time. look returns what is good to know, or what is wrong and what to do.
func (s subject) check(ctx context.Context, name string, look func(ctx context.Context) (string, error)) (ok bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	message, err := look(ctx)
	line := Line{State: OK, Subject: s.name, Check: name, Message: fault.Clean(message)}
	if err != nil {
		line.State, line.Message = Failed, fault.Message(err)
		s.doctor.failed++
	}
	s.doctor.options.Say(line)
	return err == nil
}

// skip says that checks were not made.
func (s subject) skip(reason string, names ...string) {
	for _, name := range names {
		s.doctor.options.Say(Line{State: Skipped, Subject: s.name, Check: name, Message: reason})
	}
}
