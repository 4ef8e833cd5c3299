// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package infra

import (
	"context"
	"strings"
	"testing"
	"time"

	awssecrets "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	artifactss3 "github.com/kiro-worker/kiro-worker/internal/artifacts/s3"
	"github.com/kiro-worker/kiro-worker/internal/build"
	buildcodebuild "github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	lockdynamodb "github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
)

// rareCalls has the product's own packages make the calls that a demo does not come to: a build that is stopped, an answer that is
// lost, a lock whose holder is gone, a person who looks.
func rareCalls(t *testing.T, w *world) {
	t.Helper()
	uploadCalls(t, w)
	project := "arn:aws:codebuild:" + region + ":" + account + ":project/" + w.environment.Spec.CodeBuild.ProjectName
	now := time.Now()
	request := func(id string) lock.Request {
		return lock.Request{
			LockID: id, WorkItemID: "c/n/i", Holder: "uid", Attempt: 1, ProjectARN: project,
			SlotKey: "slot#" + project + "#0", BranchKey: "branch#github.com/1#refs/heads/" + id, CardKey: "card#github/" + id,
			Trigger: now, ExpiresAt: now.Add(time.Hour), Now: now,
		}
	}
	controller, worker, person := w.table(t, managerKey, true), w.table(t, buildKey, false), w.table(t, personKey, false)
	builds := w.service(t, managerKey, true)

	// A build that does what builds do, and whose last answer is lost.
	l := must(controller.Acquire(t.Context(), request("L1")))(t)
	b := w.start(t, builds, "L1")
	check(t, worker.Claim(t.Context(), l, string(b.Reference), now.Add(time.Hour)))
	check(t, worker.Heartbeat(t.Context(), l, string(b.Reference), now, now.Add(time.Hour), lock.Progress{Stage: contract.StageTest}))
	ending := lock.Ending{Status: contract.StatusComplete, Outcome: contract.OutcomeSucceeded, Result: "{}", Trigger: &now}
	check(t, worker.Release(t.Context(), l, string(b.Reference), now, ending))
	check(t, worker.Release(t.Context(), l, string(b.Reference), now, ending))
	// A build that is refused because the lock is another's by now.
	if err := worker.Heartbeat(t.Context(), l, string(b.Reference), now, now.Add(time.Hour), lock.Progress{}); err == nil {
		t.Error("a released lock is renewed")
	}

	// What a build that only looks has found, which the doctor reads.
	note := contract.LookKey("0123456789abcdef")
	check(t, worker.WriteNote(t.Context(), note, "{}", now.Add(time.Hour)))
	if found := w.row(t, controller, note); found.Result != "{}" {
		t.Errorf("the doctor reads %+v", found)
	}

	// The same where only one of its rows is left, as after a table was restored: the other is read.
	l = must(controller.Acquire(t.Context(), request("L0")))(t)
	check(t, worker.Claim(t.Context(), l, string(b.Reference), now.Add(time.Hour)))
	check(t, w.tables.DeleteRow(w.environment.Spec.Lock.TableName, l.SlotKey))
	if err := worker.Heartbeat(t.Context(), l, string(b.Reference), now, now.Add(time.Hour), lock.Progress{}); err == nil {
		t.Error("half a lock is renewed")
	}

	// A build that a person wants stopped, found by looking at the project, and whose lock is then released in its name.
	l = must(controller.Acquire(t.Context(), request("L2")))(t)
	b = w.start(t, builds, "L2")
	_ = must(builds.Recent(t.Context(), w.environment.Spec.CodeBuild.ProjectName, now.Add(-time.Minute)))(t)
	check(t, controller.Claim(t.Context(), l, string(b.Reference), now.Add(time.Hour)))
	check(t, builds.Stop(t.Context(), b.Reference))
	check(t, controller.Release(t.Context(), l, string(b.Reference), now, lock.Ending{Status: contract.StatusFailed, Outcome: contract.OutcomeCancelled}))

	// Locks whose holder is gone: one that no build claimed, one that a build did, and one that only a person can free.
	l = must(controller.Acquire(t.Context(), request("L3")))(t)
	check(t, controller.Abandon(t.Context(), w.row(t, controller, l.BranchKey), now))
	l = must(controller.Acquire(t.Context(), request("L4")))(t)
	check(t, controller.Claim(t.Context(), l, string(b.Reference), now.Add(time.Hour)))
	check(t, controller.Reclaim(t.Context(), w.row(t, controller, l.SlotKey), now.Add(2*time.Hour)))
	l = must(controller.Acquire(t.Context(), request("L5")))(t)
	_, _, err := w.service(t, personKey, false).Get(t.Context(), []build.Reference{b.Reference})
	check(t, err)
	check(t, person.Unlock(t.Context(), w.row(t, person, l.SlotKey), now.Add(2*time.Hour)))
	// The same of a table that was restored: the partner row is not this lock's any more.
	stale := request("L6")
	l = must(controller.Acquire(t.Context(), stale))(t)
	row := w.row(t, person, l.BranchKey)
	row.SlotKey = "slot#" + project + "#1"
	check(t, person.Unlock(t.Context(), row, now.Add(2*time.Hour)))

	// The secret that items made by hand are looked up with.
	w.secrets.Put("kiro-worker-"+w.tier+"/github", "ghp_token")
	api := must(w.as(managerKey).SecretsManager(t.Context(), w.target(true)))(t)
	_ = must(secretsmanager.New(api).Read(t.Context(), w.environment.Spec.Credentials.GitHubTokenSecretARN))(t)
}

// uploadCalls are a build's: the bucket may encrypt with a key of its owner's.
func uploadCalls(t *testing.T, w *world) {
	t.Helper()
	spec := w.environment.Spec
	api := must(w.as(buildKey).S3(t.Context(), w.target(false)))(t)
	check(t, artifactss3.New(api).Put(t.Context(), spec.Artifacts.Bucket, artifacts.Object{
		Key: w.tier + "/b/metadata.json", Body: strings.NewReader("{}"), EncryptionKey: spec.Artifacts.KMSKeyARN,
	}))
}

// doctorCalls are what `manager doctor` asks for beside what the controller does: is it there?
func doctorCalls(t *testing.T, w *world) {
	t.Helper()
	spec, target := w.environment.Spec, w.target(true)
	clients := w.as(managerKey)
	secrets := must(clients.SecretDescriber(t.Context(), target))(t)
	for _, arn := range []string{spec.Credentials.GitHubTokenSecretARN, spec.Credentials.AgentSecretARN} {
		_ = must(secrets.DescribeSecret(t.Context(), &awssecrets.DescribeSecretInput{SecretId: &arn}))(t)
	}
	topics := must(clients.TopicDescriber(t.Context(), target))(t)
	_ = must(topics.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: &spec.Notifications[0].TopicARN}))(t)
	queues := must(clients.QueueDescriber(t.Context(), target))(t)
	_ = must(queues.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: &spec.DeadLetterQueueURL}))(t)
	if who := must(clients.Identify(t.Context(), target))(t); who.Account != account {
		t.Errorf("the doctor is in account %s", who.Account)
	}
}

func (w *world) table(t *testing.T, key string, role bool) *lockdynamodb.Table {
	t.Helper()
	api := must(w.as(key).DynamoDB(t.Context(), w.target(role)))(t)
	return lockdynamodb.New(api, w.environment.Spec.Lock.TableName, lockdynamodb.WithWait(func(context.Context, time.Duration) error { return nil }))
}

func (w *world) service(t *testing.T, key string, role bool) *buildcodebuild.Service {
	t.Helper()
	api := must(w.as(key).CodeBuild(t.Context(), w.target(role)))(t)
	return buildcodebuild.New(api)
}

func (w *world) start(t *testing.T, s *buildcodebuild.Service, token string) build.Build {
	t.Helper()
	return must(s.Start(t.Context(), build.StartRequest{Project: w.environment.Spec.CodeBuild.ProjectName, Token: token}))(t)
}

func (w *world) row(t *testing.T, table *lockdynamodb.Table, key string) lock.Row {
	t.Helper()
	return must(table.Rows(t.Context(), []string{key}))(t)[key]
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return value
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
