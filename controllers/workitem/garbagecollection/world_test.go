// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"context"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

const (
	region    = "eu-west-1"
	account   = "111122223333"
	tableName = "locks"
	project   = "worker"
	settling  = 40 * time.Second
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is one environment on an emulated DynamoDB and CodeBuild, at one clock that the test moves. It is the Clients of
// the collector as well.
type world struct {
	access.Clients
	client.Reader
	t          *testing.T
	clock      *clocktesting.FakeClock
	faults     *faults.Injector
	table      lock.Table
	builds     build.Service
	env        *v1alpha1.WorkEnvironment
	work       func(context.Context) error
	dispatcher *dispatch.Dispatcher
	items      []v1alpha1.WorkItem
	collector  *Collector
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(noon)}
	services := cloud.New(t, cloud.Options{
		Region: region, Account: account, Clock: w.clock, Faults: faults.New(nil, w.clock), Tables: []string{tableName}, Builds: true,
		Projects: []emulatorcodebuild.Project{{Name: project, Run: func(ctx context.Context, _ emulatorcodebuild.Running) error {
			return w.work(ctx)
		}}},
	})
	w.faults = services.Faults
	w.table = dynamodb.New(cloud.API(t, services, (*awsapi.Clients).DynamoDB), tableName)
	w.builds = codebuild.New(cloud.API(t, services, (*awsapi.Clients).CodeBuild))
	w.env = &v1alpha1.WorkEnvironment{}
	w.env.Spec.CodeBuild.ProjectName = project
	w.env.Status.ProjectARN = "arn:aws:codebuild:" + region + ":" + account + ":project/" + project
	w.dispatcher = dispatch.New(dispatch.Options{Reader: w, Tables: w, Clock: w.clock, Cluster: "test"})
	w.collector = New(access.Access{Reader: w, Clients: w}, w.clock, settling, tracking.NewFirstSeenTracker(), w.dispatcher)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) Builds(context.Context, string, v1alpha1.AWSAccess) (build.Service, error) {
	return w.builds, nil
}

func (w *world) Table(context.Context, string, v1alpha1.AWSAccess, string) (lock.Table, error) {
	return w.table, nil
}

// List implements client.Reader, of the environment's items.
func (w *world) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.WorkItemList).Items = w.items //nolint:forcetypeassert // nothing else is listed
	return nil
}

func (w *world) Demand(context.Context, string, v1alpha1.AWSAccess, string) (lock.Demand, error) {
	return w.table, nil
}

func (w *world) LockReader(context.Context, string, v1alpha1.AWSAccess, string) (lock.Reader, error) {
	return w.table, nil
}
