// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
)

// The files in testdata are sample answers that AWS publishes with its command line client: the examples of
// batch-get-builds, stop-build and batch-get-projects in aws-cli, awscli/examples/codebuild.

// shape lists the members of a JSON value with their types: "builds[].logs.groupName string".
func shape(path string, value any, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			shape(strings.TrimPrefix(path+"."+name, "."), member, into)
		}
	case []any:
		for _, item := range v {
			shape(path+"[]", item, into)
		}
		if len(v) == 0 {
			into[path+"[]"] = true
		}
	default:
		into[fmt.Sprintf("%s %T", path, v)] = true
	}
}

func shapeOf(t *testing.T, text []byte) map[string]bool {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	shape("", value, out)
	return out
}

// raw sends a request as it is on the wire.
func raw(t *testing.T, s *emulator.Server, op, body string) []byte {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "CodeBuild_20161006."+op)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s %v", op, w.Code, text, err)
	}
	return text
}

// What an answer has that the samples, which are older, have not; all are members of the API today.
var newer = []string{
	"buildNumber float64", "autoRetryConfig.autoRetryLimit float64", "autoRetryConfig.autoRetryNumber float64",
	"source.buildspec string",
	"environment.environmentVariables[].name string", "environment.environmentVariables[].type string",
	"environment.environmentVariables[].value string",
}

// What the samples have that a project without source, artifacts and tags has not.
var absent = []string{
	"artifacts.md5sum string", "artifacts.sha256sum string", "artifacts.overrideArtifactName bool",
	"artifacts.encryptionDisabled bool", "secondaryArtifacts[]", "secondarySources[]", "secondarySourceVersions[]",
	"source.gitCloneDepth float64", "source.location string", "source.reportBuildStatus bool",
	"resolvedSourceVersion string", "environment.environmentVariables[]", "environment.imagePullCredentialsType string",
	"badge.badgeEnabled bool", "tags[]",
}

func TestAnswersLookLikeAWS(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Buildspec: buildspec("true"), Variables: map[string]string{"X": "y"}})
	put(t, s, emulator.Project{Name: "held", Run: held().Run, Variables: map[string]string{"X": "y"}})
	b := startBuild(t, c)
	gone(t, s, *b.Id)
	var started struct{ Build struct{ ID string } }
	if err := json.Unmarshal(raw(t, s, "StartBuild", `{"projectName":"held"}`), &started); err != nil {
		t.Fatal(err)
	}
	waitFor(t, s, started.Build.ID, in("BUILD"))

	tests := map[string]struct {
		op, body, prefix string
		extra, missing   []string
	}{
		"batch-get-builds": {op: "BatchGetBuilds", body: `{"ids":["` + *b.Id + `"]}`, prefix: "builds[]."},
		"stop-build": {op: "StopBuild", body: `{"id":"` + started.Build.ID + `"}`, prefix: "build.",
			extra:   []string{"logs.cloudWatchLogs.status string", "logs.s3Logs.status string"},
			missing: []string{}},
		"batch-get-projects": {op: "BatchGetProjects", body: `{"names":["worker"]}`, prefix: "projects[]."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			sample, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			want, got := shapeOf(t, sample), shapeOf(t, raw(t, s, tc.op, tc.body))
			for _, member := range append(newer[:len(newer):len(newer)], tc.extra...) {
				if !want[tc.prefix+member] {
					delete(got, tc.prefix+member)
				}
			}
			for _, member := range absent {
				if !got[tc.prefix+member] {
					delete(want, tc.prefix+member)
				}
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
				t.Errorf("members and their types (-AWS +emulator):\n%s", diff)
			}
		})
	}
}

// TestStoppedLikeAWS replays the published stop of a running build: which phases there are, and with which status.
func TestStoppedLikeAWS(t *testing.T) {
	type answer struct {
		Build struct {
			ID, BuildStatus, CurrentPhase string
			BuildComplete                 bool
			Phases                        []struct{ PhaseType, PhaseStatus string }
		}
	}
	var want, got answer
	sample, err := os.ReadFile(filepath.Join("testdata", "stop-build.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(sample, &want); err != nil {
		t.Fatal(err)
	}
	s, c := serve(t, emulator.Options{})
	put(t, s, held())
	b := startBuild(t, c)
	waitFor(t, s, *b.Id, in("BUILD"))
	if err := json.Unmarshal(raw(t, s, "StopBuild", `{"id":"`+*b.Id+`"}`), &got); err != nil {
		t.Fatal(err)
	}
	want.Build.ID = got.Build.ID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-AWS +emulator):\n%s", diff)
	}
}
