// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// gitCLI runs the real git in dir, without the machine's configuration, and returns what it says.
func gitCLI(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func mustGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := gitCLI(t, dir, args...)
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return out
}

// remote is a repository's URL with a token in it, if there is one.
func (w *world) remote(repository, token string) string {
	if token == "" {
		return w.CloneURL(repository)
	}
	return strings.Replace(w.CloneURL(repository), "http://", "http://x-access-token:"+token+"@", 1)
}

func TestPushShowsAtOnce(t *testing.T) {
	w := newWorld(t, github.Limits{})
	value(w.PushFiles(repo, "feature/a", github.Text(map[string]string{"a.txt": "a"}), "Start"))(t)
	pull := value(w.OpenPullRequest(github.NewPullRequest{Repository: repo, Title: "A", Head: "feature/a"}))(t)
	query := `{ repository(owner: "acme", name: "shop") {
		ref(qualifiedName: "refs/heads/feature/a") { target { oid } }
		pullRequest(number: 1) { headRefOid state } } }`

	dir := t.TempDir()
	mustGit(t, dir, "clone", "-q", "-b", "feature/a", w.remote(repo, adminAll), "work")
	work := filepath.Join(dir, "work")
	must(t, os.WriteFile(filepath.Join(work, "b.txt"), []byte("b"), 0o600))
	mustGit(t, work, "add", ".")
	mustGit(t, work, "commit", "-q", "-m", "Work")
	mustGit(t, work, "push", "-q", "origin", "feature/a")
	head := strings.TrimSpace(mustGit(t, work, "rev-parse", "HEAD"))
	if head == pull.HeadCommit {
		t.Fatal("nothing was committed")
	}
	want := `{"data":{"repository":{"ref":{"target":{"oid":"` + head + `"}},"pullRequest":{"headRefOid":"` + head + `","state":"OPEN"}}}}`
	if got := w.post(t, readOnly, query, nil).body; got != want {
		t.Errorf("after a push\n got %s\nwant %s", got, want)
	}
	if content := value(w.File(repo, "feature/a", "b.txt"))(t); string(content) != "b" {
		t.Errorf("the pushed file has %q", content)
	}

	mustGit(t, work, "push", "-q", "origin", ":feature/a")
	want = `{"data":{"repository":{"ref":null,"pullRequest":{"headRefOid":"` + head + `","state":"CLOSED"}}}}`
	if got := w.post(t, readOnly, query, nil).body; got != want {
		t.Errorf("after the branch was deleted\n got %s\nwant %s", got, want)
	}
}

func TestGitIsRefused(t *testing.T) {
	w := newWorld(t, github.Limits{})
	narrow := github.AllRights()
	narrow.Repositories = []string{"acme/other"}
	w.AddToken("narrow", "n", narrow)
	must(t, w.ProtectBranch(repo, "main"))
	tests := map[string]struct {
		why, token, branch string
		cloneSays          string // empty: it works
		pushSays           string
	}{
		"Unknown":   {why: "a token that is not known is 401", token: "wrong", cloneSays: "Authentication failed"},
		"NoToken":   {why: "and so is none", token: "", cloneSays: "could not read Username"},
		"Invisible": {why: "a repository that the token does not see does not exist", token: "narrow", cloneSays: "not found"},
		"ReadOnly":  {why: "who may read only is 403 on a push", token: readOnly, branch: "x", pushSays: "403"},
		"Protected": {why: "a rule refuses the push of one who may write", token: adminAll, branch: "main", pushSays: "GH006: Protected branch update failed"},
		"Allowed":   {why: "another branch is not refused", token: adminAll, branch: "x"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out, err := gitCLI(t, dir, "clone", "-q", w.remote(repo, tc.token), "work")
			if (err != nil) != (tc.cloneSays != "") || !strings.Contains(out, tc.cloneSays) {
				t.Fatalf("%s: clone: %v, %s", tc.why, err, out)
			}
			if err != nil {
				return
			}
			work := filepath.Join(dir, "work")
			mustGit(t, work, "commit", "-q", "--allow-empty", "-m", name)
			out, err = gitCLI(t, work, "push", "origin", "HEAD:"+tc.branch)
			if (err != nil) != (tc.pushSays != "") || !strings.Contains(out, tc.pushSays) {
				t.Fatalf("%s: push: %v, %s", tc.why, err, out)
			}
		})
	}
}

func TestLostAnswerToAPush(t *testing.T) {
	w := newWorld(t, github.Limits{})
	dir := t.TempDir()
	mustGit(t, dir, "clone", "-q", w.remote(repo, adminAll), "work")
	work := filepath.Join(dir, "work")
	mustGit(t, work, "commit", "-q", "--allow-empty", "-m", "Lost")
	w.Faults().Add(faults.Rule{Service: github.Service, Operation: "git receive-pack", Nth: 1, Fault: faults.Fault{LoseAnswer: true}})
	if out, err := gitCLI(t, work, "push", "-q", "origin", "HEAD:x"); err == nil {
		t.Fatalf("git did not notice that its answer was lost: %s", out)
	}
	head, _ := w.BranchHead(repo, "x")
	if want := strings.TrimSpace(mustGit(t, work, "rev-parse", "HEAD")); head != want {
		t.Errorf("the branch is at %q, want %q: the push had its effect", head, want)
	}
	mustGit(t, work, "push", "-q", "origin", "HEAD:x") // and can be repeated
}

// TestInspect asks in one call, by aliases, for what the forge port needs of several branches.
func TestInspect(t *testing.T) {
	w := newWorld(t, github.Limits{})
	spec := map[string]string{
		".kiro/specs/a/tasks.md": "- [ ] 1. Do it\n", ".kiro/specs/a/design.md": "# Design\n", ".kiro/specs/a/logo.png": "\x89PNG\x00\x01",
	}
	value(w.PushFiles(repo, "a", github.Text(spec), "Spec"))(t)
	must(t, w.CreateBranch(repo, "b", ""))
	must(t, w.ProtectBranch(repo, "rel-*"))
	must(t, w.CreateBranch(repo, "rel-1", "main"))
	must(t, w.Fork(repo, "eve/shop"))
	value(w.PushFiles("eve/shop", "a", github.Text(map[string]string{"x": "x"}), "Fork"))(t)
	value(w.OpenPullRequest(github.NewPullRequest{Repository: repo, Title: "Fork", Head: "a", HeadRepository: "eve/shop"}))(t)
	value(w.OpenPullRequest(github.NewPullRequest{Repository: repo, Title: "Own", Head: "a", Draft: true}))(t)
	headA, _ := w.BranchHead(repo, "a")

	got := w.post(t, readOnly, `query($a: String!) {
		i0: repository(owner: "ACME", name: "shop") { nameWithOwner defaultBranchRef { name }
			ref(qualifiedName: "refs/heads/a") { name target { oid ... on Commit { message } } branchProtectionRule { pattern } }
			object(expression: "a:.kiro/specs/a") { __typename ... on Tree { entries { name type object { ... on Blob { byteSize isBinary } } } } }
			tasks: object(expression: $a) { ... on Blob { text byteSize isBinary isTruncated } }
			pullRequests(headRefName: "a", states: [OPEN], first: 10, orderBy: {field: CREATED_AT, direction: DESC}) {
				nodes { number isDraft isCrossRepository headRepository { nameWithOwner } } } }
		i1: repository(owner: "acme", name: "shop") {
			ref(qualifiedName: "refs/heads/rel-1") { branchProtectionRule { pattern } }
			object(expression: "b:.kiro/specs/b") { __typename }
			gone: object(expression: "gone:README.md") { __typename } }
		i2: repository(owner: "acme", name: "nothing") { id }
	}`, map[string]any{"a": "a:.kiro/specs/a/tasks.md"})
	want := `{"data":{"i0":{"nameWithOwner":"acme/shop","defaultBranchRef":{"name":"main"},` +
		`"ref":{"name":"a","target":{"oid":"` + headA + `","message":"Spec"},"branchProtectionRule":null},` +
		`"object":{"__typename":"Tree","entries":[{"name":"design.md","type":"blob","object":{"byteSize":9,"isBinary":false}},` +
		`{"name":"logo.png","type":"blob","object":{"byteSize":6,"isBinary":true}},` +
		`{"name":"tasks.md","type":"blob","object":{"byteSize":15,"isBinary":false}}]},` +
		`"tasks":{"text":"- [ ] 1. Do it\n","byteSize":15,"isBinary":false,"isTruncated":false},` +
		`"pullRequests":{"nodes":[{"number":2,"isDraft":true,"isCrossRepository":false,"headRepository":{"nameWithOwner":"acme/shop"}},` +
		`{"number":1,"isDraft":false,"isCrossRepository":true,"headRepository":{"nameWithOwner":"eve/shop"}}]}},` +
		`"i1":{"ref":{"branchProtectionRule":{"pattern":"rel-*"}},"object":null,"gone":null},"i2":null},` +
		`"errors":[{"type":"NOT_FOUND","path":["i2"],"locations":[{"line":12,"column":3}],` +
		`"message":"Could not resolve to a Repository with the name 'acme/nothing'."}]}`
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Errorf("what is there, with the error of what is not beside it (-want +got):\n%s", diff)
	}
	if got := w.post(t, readOnly, `{ repository(owner: "acme", name: "shop") { object(expression: "a^:x") { oid } } }`, nil); !strings.Contains(got.body, "EMULATOR_UNSUPPORTED") {
		t.Errorf("an expression that is not supported must be an error: %s", got.body)
	}
}

func TestRefusedNames(t *testing.T) {
	w := newWorld(t, github.Limits{})
	for _, branch := range []string{"", "-x", "a..b", "../../../x", "a b", "a.lock", "/a", "a//b", ".a", "a~1", "x@{1}", "a\nb"} {
		if _, err := w.PushFiles(repo, branch, nil, "x"); err == nil {
			t.Errorf("the branch %q was taken", branch)
		}
	}
	for _, path := range []string{"", "/x", "../x", "a/../b", "a\nb"} {
		if _, err := w.PushFiles(repo, "ok", github.Text(map[string]string{path: "x"}), "x"); err == nil {
			t.Errorf("the path %q was taken", path)
		}
	}
	for _, name := range []string{"acme", "../x", "acme/../x", "acme/.git", "acme/"} {
		if err := w.CreateRepository(name, "main", nil); err == nil {
			t.Errorf("the repository %q was taken", name)
		}
	}
}
