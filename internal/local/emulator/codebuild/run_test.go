// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/google/go-cmp/cmp"

	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
)

const allPhases = `
version: 0.2
env:
  variables:
    ONE: "buildspec"
    TWO: "buildspec"
    THREE: "buildspec"
phases:
  install:
    commands: ["echo install"]
    finally: ["echo install finally"]
  pre_build:
    commands: ["PRE"]
    finally: ["echo pre_build finally $CODEBUILD_BUILD_SUCCEEDING"]
  build:
    #on-failure: ABORT
    commands: ["MAIN", "echo after"]
    finally: ["echo build finally $CODEBUILD_BUILD_SUCCEEDING"]
  post_build:
    commands: ["echo post_build $CODEBUILD_BUILD_SUCCEEDING"]
reports:
  unit:
    files: ["*.xml"]
artifacts:
  files: ["**/*"]
`

func TestPhases(t *testing.T) {
	before := []string{"SUBMITTED SUCCEEDED", "QUEUED SUCCEEDED", "PROVISIONING SUCCEEDED", "DOWNLOAD_SOURCE SUCCEEDED"}
	tests := map[string]struct {
		why     string
		replace []string
		status  string
		phases  []string
		output  []string
	}{
		"Plain": {
			why:    "all phases run in order, each with its finally block",
			status: "SUCCEEDED",
			phases: []string{"INSTALL SUCCEEDED", "PRE_BUILD SUCCEEDED", "BUILD SUCCEEDED", "POST_BUILD SUCCEEDED",
				"UPLOAD_ARTIFACTS SUCCEEDED", "FINALIZING SUCCEEDED", "COMPLETED"},
			output: []string{"install", "install finally", "pre_build finally 1", "after", "build finally 1", "post_build 1"},
		},
		"BuildFails": {
			why:     "a failed BUILD skips its other commands, but not finally, POST_BUILD and UPLOAD_ARTIFACTS",
			replace: []string{"MAIN", "exit 3"},
			status:  "FAILED",
			phases: []string{"INSTALL SUCCEEDED", "PRE_BUILD SUCCEEDED", "BUILD FAILED", "POST_BUILD SUCCEEDED",
				"UPLOAD_ARTIFACTS SUCCEEDED", "FINALIZING SUCCEEDED", "COMPLETED"},
			output: []string{"install", "install finally", "pre_build finally 1", "build finally 0", "post_build 0"},
		},
		"BuildAborts": {
			why:     "on-failure ABORT leaves POST_BUILD out",
			replace: []string{"MAIN", "exit 3", "#on-failure", "on-failure"},
			status:  "FAILED",
			phases: []string{"INSTALL SUCCEEDED", "PRE_BUILD SUCCEEDED", "BUILD FAILED", "FINALIZING SUCCEEDED",
				"COMPLETED"},
			output: []string{"install", "install finally", "pre_build finally 1", "build finally 0"},
		},
		"PreBuildFails": {
			why:     "a failed PRE_BUILD goes on with FINALIZING; neither BUILD nor POST_BUILD runs",
			replace: []string{"PRE", "false"},
			status:  "FAILED",
			phases:  []string{"INSTALL SUCCEEDED", "PRE_BUILD FAILED", "FINALIZING SUCCEEDED", "COMPLETED"},
			output:  []string{"install", "install finally", "pre_build finally 0"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, emulator.Options{})
			text := strings.NewReplacer(append(tc.replace, "PRE", "true", "MAIN", "true")...).Replace(allPhases)
			put(t, s, emulator.Project{Buildspec: text})
			b := gone(t, s, *startBuild(t, c).Id)
			if diff := cmp.Diff(append(before[:len(before):len(before)], tc.phases...), sketch(b)); diff != "" {
				t.Errorf("%s: phases (-want +got):\n%s", tc.why, diff)
			}
			if b.Status != tc.status {
				t.Errorf("%s: status = %s, want %s", tc.why, b.Status, tc.status)
			}
			if diff := cmp.Diff(tc.output, output(t, s, b.ID)); diff != "" {
				t.Errorf("%s: output (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

// output is what the commands of a build wrote, without the service's own lines.
func output(t *testing.T, s *emulator.Server, id string) []string {
	t.Helper()
	text, err := s.Log(id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "[Container]") {
			out = append(out, line)
		}
	}
	return out
}

func TestBuildspecErrors(t *testing.T) {
	tests := map[string]struct {
		why, buildspec, message string
	}{
		"Subkeys": {
			why:       "a colon in a command makes YAML read a mapping; the service's users know this message",
			buildspec: "version: 0.2\nphases: {build: {commands: [\"true\", {echo a: b}]}}",
			message:   "Expected Commands[1] to be of string type",
		},
		"UnknownKey": {
			why:       "a key with a typing error would silently run nothing",
			buildspec: "version: 0.2\nphases: {built: {commands: [\"true\"]}}",
			message:   "built",
		},
		"Version": {
			why:       "version 0.1 runs each command in a shell of its own, which is not imitated",
			buildspec: "version: 0.1\nphases: {build: {commands: [\"true\"]}}",
			message:   "write 0.2",
		},
		"Empty": {
			why:       "a buildspec without commands does nothing and must not pass",
			buildspec: "version: 0.2\n",
			message:   "no phase has commands",
		},
		"Reserved": {
			why:       "the prefix CODEBUILD_ is the service's",
			buildspec: "version: 0.2\nenv: {variables: {CODEBUILD_X: a}}\nphases: {build: {commands: [\"true\"]}}",
			message:   "reserved",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, emulator.Options{})
			put(t, s, emulator.Project{Buildspec: tc.buildspec})
			b := gone(t, s, *startBuild(t, c).Id)
			p := b.Phases[3]
			if b.Status != "FAILED" || p.Type != "DOWNLOAD_SOURCE" || p.Code != "YAML_FILE_ERROR" || !strings.Contains(p.Message, tc.message) {
				t.Errorf("%s: %s, phase %+v; want YAML_FILE_ERROR with %q", tc.why, b.Status, p, tc.message)
			}
			if diff := cmp.Diff([]string{"FINALIZING SUCCEEDED", "COMPLETED"}, sketch(b)[4:]); diff != "" {
				t.Errorf("%s: phases after it (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

// awkward is a value that only survives if nobody reads it as shell.
const awkward = "it's $(x) `y` \\ \"z\""

func TestEnvironment(t *testing.T) {
	for _, shell := range []string{"/bin/sh", "bash"} {
		t.Run(filepath.Base(shell), func(t *testing.T) {
			s, c := serve(t, emulator.Options{Initiator: "ann"})
			t.Setenv("KIRO_WORKER_TEST_HOST", "leaks")
			put(t, s, emulator.Project{
				Variables: map[string]string{"TWO": "project", "THREE": "project"},
				Env:       map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "ONE": "container"},
				Buildspec: "version: 0.2\nenv: {shell: " + shell + ", variables: {ONE: buildspec, TWO: buildspec, THREE: buildspec}}\n" + `
phases:
  install:
    commands:
      - echo "$ONE $TWO $THREE $FOUR"
      - echo "$AWS_REGION $AWS_DEFAULT_REGION $AWS_ENDPOINT_URL $CODEBUILD_INITIATOR host=$KIRO_WORKER_TEST_HOST"
      - echo "$CODEBUILD_BUILD_NUMBER $CODEBUILD_BUILD_ID $CODEBUILD_BUILD_ARN"
      - test "$PWD" = "$CODEBUILD_SRC_DIR" && test -d "$HOME" && test -d "$TMPDIR"
      - export KEPT="a 'b' \"c\""
      - PLAIN=also
      - unset ONE
      - mkdir sub && cd sub
      - |
        if true; then
          LINES=two
        fi
  build:
    commands:
      - echo "$KEPT $PLAIN $LINES one=$ONE"
      - echo "dir $(basename "$PWD")"
`,
			})
			b := gone(t, s, *startBuild(t, c, func(in *codebuild.StartBuildInput) {
				in.EnvironmentVariablesOverride = []types.EnvironmentVariable{
					{Name: aws.String("THREE"), Value: aws.String("start"), Type: types.EnvironmentVariableTypePlaintext},
					{Name: aws.String("FOUR"), Value: aws.String(awkward), Type: types.EnvironmentVariableTypePlaintext},
				}
			}).Id)
			want := []string{
				"buildspec project start " + awkward,
				"us-east-1 us-east-1 http://127.0.0.1:1 ann host=",
				"1 " + b.ID + " " + b.ARN,
				"LINES=two", "fi", // the log repeats a command, with all of its lines
				"a 'b' \"c\" also two one=",
				"dir sub",
			}
			if diff := cmp.Diff(want, output(t, s, b.ID)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", b.Status, diff)
			}
		})
	}
}

func TestCommandError(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Buildspec: buildspec("exit 7")})
	b := gone(t, s, *startBuild(t, c).Id)
	p := get(t, c, b.ID).Phases[4+2]
	want := types.PhaseContext{StatusCode: aws.String("COMMAND_EXECUTION_ERROR"),
		Message: aws.String("Error while executing command: exit 7\n. Reason: exit status 7")}
	if len(p.Contexts) != 1 || *p.Contexts[0].StatusCode != *want.StatusCode || *p.Contexts[0].Message != *want.Message {
		t.Errorf("the failed phase's context = %+v, want the command and its exit status", p.Contexts)
	}
}

func TestFault(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Buildspec: buildspec("true")})
	if err := s.FaultBuilds("worker", 1); err != nil {
		t.Fatal(err)
	}
	first, second := gone(t, s, *startBuild(t, c).Id), gone(t, s, *startBuild(t, c).Id)
	if first.Status != "FAULT" || second.Status != "SUCCEEDED" {
		t.Errorf("statuses = %s, %s; want the first build only to fault", first.Status, second.Status)
	}
}

func TestRunFunction(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	var seen string
	put(t, s, emulator.Project{Run: func(_ context.Context, r emulator.Running) error {
		seen = r.Env["WHO"]
		return errors.New("no luck")
	}, Variables: map[string]string{"WHO": "me"}})
	b := gone(t, s, *startBuild(t, c).Id)
	if b.Status != "FAILED" || seen != "me" {
		t.Errorf("status = %s, variable = %q; want FAILED with the project's variable", b.Status, seen)
	}
}

func TestDirectories(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Buildspec: buildspec("echo x >file; echo y >$HOME/file")})
	one, two := gone(t, s, *startBuild(t, c).Id), gone(t, s, *startBuild(t, c).Id)
	if one.Dir == two.Dir {
		t.Fatal("two builds share a directory")
	}
	for _, name := range []string{"src/file", "home/file"} {
		if _, err := os.Stat(filepath.Join(two.Dir, name)); err != nil {
			t.Error(err)
		}
	}
}
