// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package conformance tries the ports on services that were given from outside; see docs/deployment/conformance.md. Without them, its
// one test starts our emulators in a process of their own and has the whole of `make conformance` run on those.
package conformance

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/artifacts/s3"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/notify/sns"
	"github.com/kiro-worker/kiro-worker/internal/notify/sqs"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
)

func must[A any](value A, err error) func(*testing.T) A {
	return func(t *testing.T) A {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestIdentity(t *testing.T) {
	outside.Need(t, outside.EnvRegion)
	who := must(outside.Clients().Identify(t.Context(), outside.Target()))(t)
	if who.Account == "" || who.ARN == "" {
		t.Errorf("we are %+v", who)
	}
}

func TestArtifacts(t *testing.T) {
	bucket := outside.Need(t, outside.EnvBucket)
	api := must(outside.Clients().S3(t.Context(), outside.Target()))(t)
	store := s3.New(api)
	if err := store.CheckBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	if err := store.CheckBucket(t.Context(), bucket+"-none"); err == nil || !fault.IsTerminal(err) {
		t.Errorf("a bucket that is not there: %v", err)
	}
	// The product reads no artifacts, so its clients end a call with its answer.
	cfg := must(config.LoadDefaultConfig(t.Context(), config.WithRegion(outside.Target().Region)))(t)
	client := awss3.NewFromConfig(cfg, func(o *awss3.Options) {
		if url := outside.Target().EndpointURL; url != "" {
			o.BaseEndpoint, o.UsePathStyle = aws.String(url), true
		}
	})
	for key, body := range map[string]string{"test/1/build.log": "hello", "test/1/empty": "", "test/1/a b+ü.log": strings.Repeat("0123456789abcdef", 1<<16)} {
		if err := store.Put(t.Context(), bucket, artifacts.Object{Key: key, ContentType: "text/plain", Body: strings.NewReader(body)}); err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		got := must(client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}))(t)
		text := must(io.ReadAll(got.Body))(t)
		if !bytes.Equal(text, []byte(body)) || aws.ToString(got.ContentType) != "text/plain" || aws.ToString(got.ContentEncoding) != "" {
			t.Errorf("%s came back with %d bytes, type %q, encoding %q", key, len(text), aws.ToString(got.ContentType), aws.ToString(got.ContentEncoding))
		}
	}
}

func TestSecrets(t *testing.T) {
	id := outside.Need(t, outside.EnvSecret)
	api := must(outside.Clients().SecretsManager(t.Context(), outside.Target()))(t)
	if got := must(secretsmanager.New(api).Read(t.Context(), id))(t); got != outside.SecretValue {
		t.Errorf("read %q", got)
	}
	_, err := secretsmanager.New(api).Read(t.Context(), id+"-none")
	if fault.CodeOf(err) != fault.CodeCredentialsInvalid {
		t.Errorf("a secret that is not there: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	outside.Need(t, outside.EnvRegion)
	api := must(outside.Clients().CloudWatch(t.Context(), outside.Target()))(t)
	sink := cloudwatch.New(api, "KiroWorkerConformance")
	if err := sink.Put(t.Context(), []metricsink.Datum{{Name: "Conformance", Value: 1, Unit: metricsink.UnitCount, Time: time.Now()}}); err != nil {
		t.Error(err)
	}
}

func TestTopic(t *testing.T) {
	topic := outside.Need(t, outside.EnvTopic)
	api := must(outside.Clients().SNS(t.Context(), outside.Target()))(t)
	if err := sns.New(api, topic).Notify(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

func TestQueue(t *testing.T) {
	queue := outside.Need(t, outside.EnvQueue)
	api := must(outside.Clients().SQS(t.Context(), outside.Target()))(t)
	if err := sqs.New(api, queue).Notify(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

func message() notify.Message {
	return notify.Message{
		ID: "conformance", Subject: "Conformance", Text: `A "text" with < and ` + strings.Repeat("\x01", 100_000),
		Attributes: map[string]string{"outcome": "Succeeded"},
	}
}

// TestBuilds starts one build that is given no lock, and so does nothing, and stops another.
func TestBuilds(t *testing.T) {
	project := outside.Need(t, outside.EnvProject)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	builds := codebuild.New(must(outside.Clients().CodeBuild(ctx, outside.Target()))(t))
	began := time.Now().Add(-time.Minute)
	token := "conformance-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	first := must(builds.Start(ctx, build.StartRequest{Project: project, Token: token}))(t)
	again := must(builds.Start(ctx, build.StartRequest{Project: project, Token: token}))(t)
	if first.Reference != again.Reference {
		t.Errorf("one token started %s and %s", first.Reference, again.Reference)
	}
	if err := builds.Stop(ctx, first.Reference); err != nil {
		t.Errorf("stopping: %v", err)
	}
	for {
		found, missing, err := builds.Get(ctx, []build.Reference{first.Reference})
		if err != nil || len(missing) > 0 {
			t.Fatalf("%v, missing %v", err, missing)
		}
		if found[first.Reference].State.Over() {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatal("the build does not end")
		case <-time.After(time.Second):
		}
	}
	recent := must(builds.Recent(ctx, project, began))(t)
	seen := false
	for _, b := range recent {
		seen = seen || b.Reference == first.Reference
	}
	if !seen {
		t.Errorf("the build is not among the project's last %d", len(recent))
	}
}
