// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
)

// limit is how long a test waits for what should happen at once.
const limit = 30 * time.Second

// serve starts an emulator and returns it with the real SDK's client on it.
func serve(t *testing.T, options emulator.Options) (*emulator.Server, *codebuild.Client) {
	t.Helper()
	if options.DataDir == "" {
		options.DataDir = t.TempDir()
	}
	s, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.Close()
		s.Close()
	})
	return s, codebuild.New(codebuild.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(h.URL), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
}

func put(t *testing.T, s *emulator.Server, p emulator.Project) {
	t.Helper()
	if p.Name == "" {
		p.Name = "worker"
	}
	if err := s.PutProject(p); err != nil {
		t.Fatal(err)
	}
}

// buildspec is a buildspec whose BUILD phase runs the given commands.
func buildspec(commands ...string) string {
	text := "version: 0.2\nphases:\n  build:\n    commands:\n"
	for _, c := range commands {
		text += "      - |\n        " + c + "\n"
	}
	return text
}

func startBuild(t *testing.T, c *codebuild.Client, change ...func(*codebuild.StartBuildInput)) types.Build {
	t.Helper()
	in := &codebuild.StartBuildInput{ProjectName: aws.String("worker")}
	for _, f := range change {
		f(in)
	}
	out, err := c.StartBuild(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.Build
}

func get(t *testing.T, c *codebuild.Client, id string) types.Build {
	t.Helper()
	out, err := c.BatchGetBuilds(context.Background(), &codebuild.BatchGetBuildsInput{Ids: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Builds) != 1 {
		t.Fatalf("build %s: found %d", id, len(out.Builds))
	}
	return out.Builds[0]
}

func waitFor(t *testing.T, s *emulator.Server, id string, cond func(emulator.Build) bool) emulator.Build {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	b, err := s.WaitFor(ctx, id, cond)
	if err != nil {
		log, _ := s.Log(id)
		t.Fatalf("%v\n%s", err, log)
	}
	return b
}

// gone waits until a build is over and its processes are gone.
func gone(t *testing.T, s *emulator.Server, id string) emulator.Build {
	t.Helper()
	return waitFor(t, s, id, func(b emulator.Build) bool { return b.Over() && b.Gone })
}

func in(phase string) func(emulator.Build) bool {
	return func(b emulator.Build) bool { return b.Phase == phase }
}

// sketch is a build's phases in short: "BUILD FAILED".
func sketch(b emulator.Build) []string {
	var out []string
	for _, p := range b.Phases {
		text := p.Type
		if p.Status != "" {
			text += " " + p.Status
		}
		out = append(out, text)
	}
	return out
}
