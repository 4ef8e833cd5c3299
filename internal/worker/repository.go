// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// repository is the worker's git directory and the work tree that agent and tests see.
type repository struct {
	git
	branch string
}

// branchRef is the branch that the worker works on, as git has it.
func (r *repository) branchRef() string { return "refs/heads/" + r.branch }

// remoteRef is where the worker remembers what the remote's branch was.
func (r *repository) remoteRef() string { return "refs/remotes/origin/" + r.branch }

// newRepository names the places; it touches nothing.
func (j *job) newRepository() *repository {
	tree := j.path("checkout")
	if j.options.LocalDir != "" {
		tree = j.options.LocalDir
	}
	return &repository{git: git{dir: j.path("repository.git"), tree: tree, environ: j.options.Environ}, branch: j.parameters.BranchName}
}

// maxBranchName is the longest branch name, in bytes, of which git can make files and GitHub a branch.
const maxBranchName = 244

// checkBranchName refuses what git refuses as a branch's name. Everything else is taken: no shell ever sees the name,
// and no command takes it for anything but the end of a full ref. It is asked only after the claim: a build that
// refuses before has no row to say so in, and would be taken for one that was lost.
func (r *repository) checkBranchName(ctx context.Context) error {
	var why string
	switch _, err := r.run(ctx, "check-ref-format", r.branchRef()); {
	case strings.HasPrefix(r.branch, "-"):
		why = "it begins with a dash, which git's own branch command refuses"
	case len(r.branch) > maxBranchName:
		why = fmt.Sprintf("it is longer than %d bytes", maxBranchName)
	case err == nil:
		return nil
	case exitCodeOf(err) != 1:
		return err
	default:
		why = "git refuses it"
	}
	return failedf(contract.OutcomeCheckoutFailed, "the branch name %q cannot be worked on (%s): rename the branch, and open a pull request from the new one", r.branch, why)
}

// create makes the git directory anew. A half-made one may have been left by a process that was killed.
func (r *repository) create(ctx context.Context) error {
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("making the repository: %w", err)
	}
	if err := os.MkdirAll(r.tree, 0o755); err != nil { //nolint:gosec // another user works in it
		return fmt.Errorf("making the repository: %w", err)
	}
	_, err := r.run(ctx, "init", "--quiet", "--template=", "--initial-branch=worker")
	return err
}

// commitOf is the commit that a name stands for.
func (r *repository) commitOf(ctx context.Context, name string) (string, error) {
	return r.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
}

// descends reports whether head is at, or descends from, ancestor. A commit that is not there is no ancestor.
func (r *repository) descends(ctx context.Context, ancestor, head string) (bool, error) {
	_, err := r.run(ctx, "merge-base", "--is-ancestor", "--end-of-options", ancestor, head)
	switch code := exitCodeOf(err); {
	case err == nil:
		return true, nil
	case code == 1, code == 128:
		return false, nil
	default:
		return false, err
	}
}

// reset brings branch, index and work tree to a commit. Files that git does not know stay.
func (r *repository) reset(ctx context.Context, commit string) error {
	for _, args := range [][]string{
		{"update-ref", r.branchRef(), commit},
		{"symbolic-ref", "HEAD", r.branchRef()},
		{"read-tree", "--reset", "-u", commit},
	} {
		if _, err := r.run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// The author and committer of the worker's commits.
const (
	authorName  = "Kiro Worker"
	authorEmail = "worker@kiro-worker.invalid"
)

// commit makes a commit of a tree on HEAD, and moves the branch to it.
func (r *repository) commit(ctx context.Context, tree, message, date string) (string, error) {
	args := []string{"commit-tree", "-F", "-"}
	parent, err := r.commitOf(ctx, "HEAD")
	if err == nil {
		args = append(args, "-p", parent)
	} else if exitCodeOf(err) != 1 {
		return "", err
	}
	out, err := r.do(ctx, call{
		args:  append(args, tree),
		input: strings.NewReader(message),
		env: []string{
			"GIT_AUTHOR_NAME=" + authorName, "GIT_AUTHOR_EMAIL=" + authorEmail, "GIT_AUTHOR_DATE=" + date,
			"GIT_COMMITTER_NAME=" + authorName, "GIT_COMMITTER_EMAIL=" + authorEmail, "GIT_COMMITTER_DATE=" + date,
		},
	})
	if err != nil {
		return "", err
	}
	commit := strings.TrimSpace(out)
	_, err = r.run(ctx, "update-ref", r.branchRef(), commit, parent)
	return commit, err
}

// Change is how many lines a file gained and lost.
type Change struct {
	Path           string
	Added, Removed int // -1 for a binary file
}

// changes are the files that differ between two commits, with their lines.
func (r *repository) changes(ctx context.Context, from, to string) ([]Change, error) {
	out, err := r.run(ctx, "diff-tree", "-r", "-z", "--numstat", "--no-renames", "--end-of-options", from, to)
	if err != nil {
		return nil, err
	}
	var all []Change
	for _, entry := range splitZero(out) {
		parts := strings.SplitN(entry, "\t", 3)
		if len(parts) == 3 {
			all = append(all, Change{Path: parts[2], Added: lines(parts[0]), Removed: lines(parts[1])})
		}
	}
	return all, nil
}

func lines(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// errMoved says that the remote's branch is not where the worker left it.
var errMoved = errors.New("the branch was moved by somebody else")

// show gives the agent a .git of its own to look at: HEAD, the branch, an index, and the worker's objects to read.
// It is made anew each time, so whatever was written into the last one is gone.
func (r *repository) show(ctx context.Context) error {
	head, err := r.commitOf(ctx, "HEAD")
	if err != nil {
		return err
	}
	view := filepath.Join(r.tree, ".git")
	if err := os.RemoveAll(view); err != nil {
		return fmt.Errorf("showing the repository: %w", err)
	}
	files := map[string]string{
		"HEAD":                    "ref: " + r.branchRef() + "\n",
		"config":                  "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[gc]\n\tauto = 0\n",
		"objects/info/alternates": filepath.Join(r.dir, "objects") + "\n",
		r.branchRef():             head + "\n",
		"info/exclude":            excluded,
	}
	for name, text := range files {
		if err := writeNew(filepath.Join(view, name), []byte(text)); err != nil {
			return err
		}
	}
	index, err := os.ReadFile(filepath.Join(r.dir, "index"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("showing the repository: %w", err)
	}
	return writeNew(filepath.Join(view, "index"), index)
}

func writeNew(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // another user reads it
		return fmt.Errorf("showing the repository: %w", err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("showing the repository: %w", err)
	}
	return nil
}

// excluded is what is never committed, beside the repository's own .gitignore: what installing dependencies and
// measuring leaves behind.
const excluded = "node_modules/\n.nyc_output/\n"

// exclude writes the worker's own list.
func (r *repository) exclude() error {
	return writeNew(filepath.Join(r.dir, "info", "exclude"), []byte(excluded))
}

// isUnreachable reports whether an error may pass by itself.
func isUnreachable(err error) bool { return fault.CodeOf(err) == fault.CodeUnreachable }
