// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	emulatoraws "github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
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
	t         *testing.T
	clock     *clocktesting.FakeClock
	faults    *faults.Injector
	table     lock.Table
	builds    build.Service
	env       *v1alpha1.WorkEnvironment
	work      func(context.Context) error
	collector *Collector
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(noon)}
	w.faults = faults.New(nil, w.clock)
	rows := emulatordynamodb.New(emulatordynamodb.Options{Region: region, Account: account, Faults: w.faults, Clock: w.clock})
	w.must(rows.CreateLockTable(tableName))
	builds, err := emulatorcodebuild.New(emulatorcodebuild.Options{
		DataDir: t.TempDir(), Region: region, Account: account, Clock: w.clock, Faults: w.faults,
	})
	w.must(err)
	t.Cleanup(builds.Close)
	w.must(builds.PutProject(emulatorcodebuild.Project{Name: project, Run: func(ctx context.Context, _ emulatorcodebuild.Running) error {
		return w.work(ctx)
	}}))
	endpoint := emulatoraws.New(emulatoraws.Options{Account: account})
	endpoint.Handle("dynamodb", rows, nil)
	endpoint.Handle("codebuild", builds, nil)
	w.connect(testenv.Serve(t, endpoint))
	w.env = &v1alpha1.WorkEnvironment{}
	w.env.Spec.CodeBuild.ProjectName = project
	w.env.Status.ProjectARN = "arn:aws:codebuild:" + region + ":" + account + ":project/" + project
	w.collector = New(access.Access{Clients: w}, w.clock, settling, tracking.NewFirstSeenTracker())
	return w
}

func (w *world) connect(url string) {
	clients := awsapi.New(awsapi.Options{
		AllowedEndpoints: []string{url}, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	target := awsapi.Target{Region: region, EndpointURL: url}
	rows, err := clients.DynamoDB(w.t.Context(), target)
	w.must(err)
	w.table = dynamodb.New(rows, tableName)
	service, err := clients.CodeBuild(w.t.Context(), target)
	w.must(err)
	w.builds = codebuild.New(service)
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
