// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
)

// checkoutOf is a checkout with files.
func checkoutOf(t *testing.T, files map[string]string) *gitrepo.WorkTree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	_, tree := gitrepo.Open(gitrepo.Options{Dir: t.TempDir(), Tree: dir})
	return tree
}

func TestInstallCommand(t *testing.T) {
	const uses = `{"dependencies":{"a":"1"}}`
	corepack := program(t, "corepack", "true")
	cases := []struct {
		why   string
		files map[string]string
		path  string // the programs that there are
		want  string
	}{
		{why: "npm, from its lock file", files: map[string]string{"package.json": uses, "package-lock.json": `{"packages":{"node_modules/a":{}}}`}, want: "npm ci"},
		{why: "npm's other lock file", files: map[string]string{"package.json": uses, "npm-shrinkwrap.json": "{}"}, want: "npm ci"},
		{why: "nothing to install", files: map[string]string{"package.json": "{}", "package-lock.json": `{"packages":{"":{}}}`}},
		{why: "pnpm", files: map[string]string{"package.json": uses, "pnpm-lock.yaml": "x"}, want: "pnpm install --frozen-lockfile"},
		{why: "yarn", files: map[string]string{"package.json": uses, "yarn.lock": "x"}, want: "yarn install --frozen-lockfile"},
		{why: "yarn of later generations", files: map[string]string{"package.json": uses, "yarn.lock": "x", ".yarnrc.yml": ""}, want: "yarn install --immutable"},
		{why: "yarn that packageManager names, with the version that it names", files: map[string]string{"package.json": `{"packageManager":"yarn@4.5.0+sha512.aa","devDependencies":{"a":"1"}}`, "yarn.lock": "x"}, path: corepack, want: "corepack yarn install --immutable"},
		{why: "without Corepack the one in the image", files: map[string]string{"package.json": `{"packageManager":"pnpm@9.1.0","devDependencies":{"a":"1"}}`, "pnpm-lock.yaml": "x"}, want: "pnpm install --frozen-lockfile"},
		{why: "bun", files: map[string]string{"package.json": uses, "bun.lockb": "\x00"}, want: "bun install --frozen-lockfile"},
		{why: "packageManager decides between lock files", files: map[string]string{"package.json": `{"packageManager":"pnpm@9.1.0","dependencies":{"a":"1"}}`, "package-lock.json": `{"packages":{"node_modules/a":{}}}`, "pnpm-lock.yaml": "x"}, want: "pnpm install --frozen-lockfile"},
		{why: "npm comes first where nothing decides", files: map[string]string{"package.json": uses, "package-lock.json": `{"packages":{"node_modules/a":{}}}`, "yarn.lock": "x"}, want: "npm ci"},
		{why: "a workspace", files: map[string]string{"package.json": `{"workspaces":["packages/*"]}`, "yarn.lock": "x"}, want: "yarn install --frozen-lockfile"},
		{why: "another program's name is none", files: map[string]string{"package.json": `{"packageManager":"evil -c@1","dependencies":{"a":"1"}}`}},
		{why: "no package at all", files: map[string]string{"yarn.lock": "x"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			space := workspace{tree: checkoutOf(t, c.files), sandbox: sandbox.New(sandbox.Options{Local: true, Environ: []string{"PATH=" + c.path}})}
			if got := installCommand(space); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A lock file or a package.json anywhere in the repository makes another setup; what is installed does not.
func TestSetupRunsAgainWhenADependencyChanged(t *testing.T) {
	files := map[string]string{"package.json": "{}", "packages/a/package.json": "{}", "yarn.lock": "1", "api/requirements.txt": "x", "src/a.js": "1", "node_modules/b/package.json": "{}"}
	u := setup{setupCommand: "make deps"}
	hash := func() string {
		_, hash, err := u.command(workspace{tree: checkoutOf(t, files)})
		must(t, err)
		return hash
	}
	first := hash()
	for _, name := range []string{"src/a.js", "node_modules/b/package.json"} {
		files[name] = "2"
		if hash() != first {
			t.Errorf("%s is no dependency", name)
		}
	}
	for _, name := range []string{"package.json", "packages/a/package.json", "yarn.lock", "api/requirements.txt", "pnpm-lock.yaml"} {
		before := hash()
		if files[name] += " "; hash() == before {
			t.Errorf("%s changed, and the setup would not run again", name)
		}
	}
}

// fakeSecrets are secrets in memory.
type fakeSecrets map[string]string

func (f fakeSecrets) Read(_ context.Context, arn string) (string, error) {
	if text, ok := f[arn]; ok {
		return text, nil
	}
	return "", errors.New("no such secret")
}

// A token for a private registry is for setup and tests, and nobody else; and it is shown to nobody.
func TestSecretVariables(t *testing.T) {
	const token = "r3gistryT0kenOfTheTeam"
	w := newWorld(t, func(f map[string]string) {
		f["setup.sh"] = `[ "$NPM_TOKEN" = ` + token + ` ] || exit 9; echo "setup with $NPM_TOKEN"`
		f["test.sh"] = `[ "$NPM_TOKEN" = ` + token + ` ] || exit 9; echo "tests with $NPM_TOKEN"` + "\n" + testScript(4, 0, 90)
	})
	w.options.Ports.Secrets = fakeSecrets{"arn:npm": token + "\n"}
	s := &w.options.Parameters.Settings
	s.SetupCommand, s.SecretEnv = "sh setup.sh", []contract.SecretVariable{{Name: "NPM_TOKEN", SecretARN: "arn:npm"}}
	s.AgentCommand = shell(`[ -z "$NPM_TOKEN" ] || exit 9; echo "$1" > f$1`)
	// The files that the scripts compare with hold it, too.
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	for name, text := range w.bucket.objects {
		if strings.Contains(text, token) {
			t.Errorf("%s shows the secret", name)
		}
	}
	if strings.Contains(w.log.String()+w.body(), token) {
		t.Error("the log or the pull request shows the secret")
	}
	w = newWorld(t)
	w.options.Ports.Secrets = fakeSecrets{}
	w.options.Parameters.Settings.SetupCommand, w.options.Parameters.Settings.SecretEnv = "true", s.SecretEnv
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome == contract.OutcomeSucceeded || !strings.Contains(result.Message, "NPM_TOKEN in gates.secretEnv") {
		t.Errorf("a secret that cannot be read: %+v", result)
	}
	w = newWorld(t)
	w.options.Ports.Secrets = keys{}
	w.options.Parameters.Settings.SetupCommand = "true"
	w.options.Parameters.Settings.SecretEnv = []contract.SecretVariable{{Name: "NPM_TOKEN", SecretARN: "arn:denied"}}
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome == contract.OutcomeSucceeded || !strings.Contains(result.Message, "secrets.secretEnv in infra/config.yaml") {
		t.Errorf("a secret that the build's role may not read: %+v", result)
	}
}

// What is not measured says what to add to this very repository.
func TestAdviceFor(t *testing.T) {
	cases := []struct {
		files           map[string]string
		tests, coverage string
	}{
		{map[string]string{"package.json": `{"devDependencies":{"ava":"6"}}`}, "ava --tap", "c8"},
		{map[string]string{"package.json": `{"devDependencies":{"jest":"29","react-scripts":"5"}}`}, "react-scripts test --watchAll=false --json", "--coverageReporters=lcov"},
		{map[string]string{"package.json": `{}`}, "--test-reporter=junit", "--experimental-test-coverage"},
		{map[string]string{"go.mod": "module x\n"}, "go test -json", "-coverprofile=coverage.out"},
		{map[string]string{"pyproject.toml": ""}, "--junitxml=junit.xml", "--cov-report=xml"},
		{map[string]string{"pom.xml": ""}, "mvn -B verify", "jacoco-maven-plugin"},
		{map[string]string{"README.md": ""}, "", ""},
	}
	for _, c := range cases {
		tree := checkoutOf(t, c.files)
		for coverage, want := range map[bool]string{false: c.tests, true: c.coverage} {
			if got := adviceFor(tree, coverage); !strings.Contains(got, want) || (want == "") != (got == "") {
				t.Errorf("%v: got %q, want %q in it", c.files, got, want)
			}
		}
	}
}
