// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
)

// TestMain lets the test's own program be the helper that git calls for credentials.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == CredentialCommand {
		if err := AnswerCredential(os.Args[2], os.Stdin, os.Stdout); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			syscall.Exit(1)
		}
		// Not os.Exit: under the race detector that waits a second, once for every call of git.
		syscall.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	testToken      = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	testRepository = "acme/shop"
)

// newRemote is an emulated GitHub with a branch "work", and how to reach it with a token.
func newRemote(t *testing.T, token string) (*githubemulator.Server, Remote) {
	t.Helper()
	server := cloud.New(t, cloud.Options{GitHub: true, Users: map[string]string{testToken: "worker-bot"}}).GitHub
	must(t, server.CreateRepository(testRepository, "main", githubemulator.Text(map[string]string{"README.md": "# shop\n"})))
	must(t, server.CreateBranch(testRepository, "work", ""))
	executable, err := os.Executable()
	must(t, err)
	return server, Remote{
		Address: server.CloneURL(testRepository), Helper: executable, Dir: t.TempDir(),
		Credentials: func(context.Context) (string, string, error) { return "x-access-token", token, nil },
	}
}

func TestConnection(t *testing.T) {
	server, remote := newRemote(t, testToken)
	l := newLab(t, map[string]string{"local.txt": "x"})
	ctx := t.Context()
	c, err := l.repo.Connect(ctx, remote)
	must(t, err)
	defer c.Close()
	if entries, err := os.ReadDir(remote.Dir); err != nil || len(entries) != 0 {
		t.Errorf("the credentials are in a file that has a name: %v, %v", entries, err)
	}
	must(t, c.FetchBranch(ctx))
	head, err := l.repo.Tracked(ctx)
	must(t, err)
	if want, _ := server.BranchHead(testRepository, "work"); head != want {
		t.Fatalf("the branch is at %s, fetched was %s", want, head)
	}
	must(t, l.tree.Reset(ctx, head))
	l.write(map[string]string{"new.txt": "new\n"})
	tree, _, err := l.tree.Stage(ctx)
	must(t, err)
	commit, err := l.repo.Commit(ctx, tree, "Work", time.Unix(1_700_000_000, 0))
	must(t, err)
	must(t, c.Push(ctx, commit))
	if now, err := c.Head(ctx); err != nil || now != commit {
		t.Errorf("the branch is at %s after the push, %v", now, err)
	}
	must(t, c.FetchCommit(ctx, "main", "refs/kiro-worker/other"))
	files, err := l.repo.Files(ctx, "refs/kiro-worker/other")
	must(t, err)
	if len(files) != 1 || files[0].Name != "README.md" || files[0].Size != 7 {
		t.Fatalf("got %+v", files)
	}
	if text, err := l.repo.Content(ctx, files[0].ID); err != nil || text != "# shop\n" {
		t.Errorf("got %q, %v", text, err)
	}
	// Somebody else's commit is in the way.
	_, err = server.PushFiles(testRepository, "work", githubemulator.Text(map[string]string{"theirs.txt": "x"}), "Theirs")
	must(t, err)
	l.write(map[string]string{"newer.txt": "x\n"})
	tree, _, err = l.tree.Stage(ctx)
	must(t, err)
	commit, err = l.repo.Commit(ctx, tree, "More", time.Unix(1_700_000_000, 0))
	must(t, err)
	if err := c.Push(ctx, commit); err == nil || !fault.IsTerminal(err) {
		t.Errorf("a push is never forced, got %v", err)
	}
	must(t, server.DeleteBranch(testRepository, "work"))
	if err := c.FetchBranch(ctx); !errors.Is(err, ErrBranchGone) {
		t.Errorf("got %v", err)
	}
	if now, err := c.Head(ctx); err != nil || now != "" {
		t.Errorf("a branch that does not exist is at %q, %v", now, err)
	}
}

func TestConnectionWithoutPermission(t *testing.T) {
	_, remote := newRemote(t, "ghp_wrong")
	l := newLab(t, map[string]string{"local.txt": "x"})
	c, err := l.repo.Connect(t.Context(), remote)
	must(t, err)
	defer c.Close()
	if err := c.FetchBranch(t.Context()); fault.CodeOf(err) != fault.CodeUnauthorized || strings.Contains(err.Error(), "ghp_wrong") {
		t.Errorf("got %v", err)
	}
	remote.Address = "not an address"
	if _, err := l.repo.Connect(t.Context(), remote); !fault.IsTerminal(err) {
		t.Errorf("credentials are handed to no server that is none: %v", err)
	}
}
