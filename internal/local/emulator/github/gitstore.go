// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// gitTimeout is the longest that one git command may take. It ends a command that waits for a lock left behind.
const gitTimeout = time.Minute

var oidPattern = regexp.MustCompile(`^[0-9a-f]{40}$`)

// gitEnvironment keeps the machine's and the person's git configuration out, so that the server is the same
// everywhere. References as files and SHA-1 are what the readers here know.
func gitEnvironment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_DEFAULT_REF_FORMAT=files", "GIT_DEFAULT_HASH=sha1",
	}
}

// git runs one git command on a bare repository and returns what it prints.
func git(dir string, input []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir", dir}, args...)...)
	cmd.Env = gitEnvironment()
	cmd.Stdin = bytes.NewReader(input)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(complaints.String()))
	}
	return out.Bytes(), nil
}

func initBare(dir, defaultBranch string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return fmt.Errorf("making the repository's directory: %w", err)
	}
	if _, err := git(dir, nil, "init", "--quiet", "--bare", "--initial-branch", defaultBranch, dir); err != nil {
		return err
	}
	// gc would pack and prune behind the back of a test that is running.
	for _, setting := range [][2]string{{"gc.auto", "0"}, {"receive.autogc", "false"}} {
		if _, err := git(dir, nil, "config", setting[0], setting[1]); err != nil {
			return err
		}
	}
	return nil
}

// validBranch reports whether git takes the name for a branch. It also keeps a name from leaving the directory of
// references when it is read as a file (https://git-scm.com/docs/git-check-ref-format).
func validBranch(name string) bool {
	if name == "" || name == "@" || len(name) > 250 || strings.HasPrefix(name, "-") ||
		strings.HasSuffix(name, ".") || strings.ContainsAny(name, " ~^:?*[\\\x7f") ||
		strings.Contains(name, "..") || strings.Contains(name, "@{") {
		return false
	}
	for _, r := range name {
		if r < 0x20 {
			return false
		}
	}
	for _, part := range strings.Split(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// readRef reads a reference such as "refs/heads/main" without starting a process: boards of hundreds of cards ask for
// hundreds of branches in one call.
func readRef(dir, ref string) (oid string, found bool) {
	short, ok := strings.CutPrefix(ref, "refs/")
	if !ok || !validBranch(short) {
		return "", false
	}
	if content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(ref))); err == nil {
		oid = strings.TrimSpace(string(content))
		return oid, oidPattern.MatchString(oid)
	}
	packed, err := os.ReadFile(filepath.Join(dir, "packed-refs"))
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(packed)) {
		oid, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == ref {
			return oid, oidPattern.MatchString(oid)
		}
	}
	return "", false
}

// branchHead is the commit at a branch's head.
func (r *repository) branchHead(branch string) (oid string, found bool) {
	return readRef(r.dir, "refs/heads/"+branch)
}

// resolveRevision understands what GitHub's expressions name: HEAD, an object id, a full or a short name.
func (r *repository) resolveRevision(revision string) (oid string, found bool) {
	switch {
	case revision == "HEAD":
		return r.branchHead(r.defaultBranch)
	case oidPattern.MatchString(revision):
		return revision, true
	case strings.HasPrefix(revision, "refs/"):
		return readRef(r.dir, revision)
	}
	if oid, found = r.branchHead(revision); found {
		return oid, true
	}
	return readRef(r.dir, "refs/tags/"+revision)
}
