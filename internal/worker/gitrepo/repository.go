// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// Options say where a repository is.
type Options struct {
	// Dir is the worker's own git directory, Tree the checkout. What git needs to look at the checkout is made beside Dir.
	Dir, Tree string
	// Branch is the branch that is worked on, without refs/heads/.
	Branch string
	// Environ is the worker's environment, as NAME=value, of which git is given a part.
	Environ []string
	// User is whom every git command that touches a checkout runs as: somebody who has neither the worker's rights nor
	// those of whoever works in it. Nil is the worker's own user.
	User *process.Credential
}

// Repository is the worker's own git directory: its objects and refs. It reads and writes no file of any checkout.
type Repository struct {
	git    git
	branch string
	tree   *WorkTree
	user   *process.Credential
	tokens freshTokens
}

// Open names the places; it touches nothing.
func Open(o Options) (*Repository, *WorkTree) {
	r := &Repository{git: git{dir: o.Dir, environ: o.Environ}, branch: o.Branch, user: o.User}
	r.tree = r.Checkout(o.Tree)
	return r, r.tree
}

// OpenStore names a git directory without a checkout, for what nobody but the worker may read.
func OpenStore(dir string, environ []string) *Repository {
	return &Repository{git: git{dir: dir, environ: environ}}
}

// Remove removes the git directory.
func (r *Repository) Remove() error {
	if err := os.RemoveAll(r.git.dir); err != nil {
		return fmt.Errorf("removing a git directory: %w", err)
	}
	return nil
}

// Checkout is another checkout of the repository, which its Create makes.
func (r *Repository) Checkout(dir string) *WorkTree {
	stage := git{dir: filepath.Join(filepath.Dir(r.git.dir), filepath.Base(dir)+".staging"), tree: dir, environ: r.git.environ, user: r.user}
	if r.user == nil {
		stage.objects = filepath.Join(r.git.dir, "objects")
	}
	return &WorkTree{own: r.git, git: stage, branch: r.branch}
}

func branchRef(branch string) string { return "refs/heads/" + branch }

// branchRef is the branch that the worker works on, as git names it.
func (r *Repository) branchRef() string { return branchRef(r.branch) }

// trackingRef is where the worker remembers what the server's branch was.
func (r *Repository) trackingRef() string { return "refs/remotes/origin/" + r.branch }

// Branch is the branch's name, without refs/heads/.
func (r *Repository) Branch() string { return r.branch }

// ProcessMark is the entry (NAME=value) by which the environment of every git process on this repository is known.
func (r *Repository) ProcessMark() string { return "GIT_DIR=" + r.git.dir }

// StagingMark is the same for git processes on its checkout.
func (r *Repository) StagingMark() string { return "GIT_DIR=" + r.tree.git.dir }

// Create makes the git directory, without a commit, and its checkout if it has one. What a process that was killed left half made is
// removed first.
func (r *Repository) Create(ctx context.Context) error {
	if err := os.RemoveAll(r.git.dir); err != nil {
		return fmt.Errorf("making the repository: %w", err)
	}
	mode := os.FileMode(0o755) // other users read its objects
	if r.tree == nil {
		mode = 0o700
	}
	if err := os.MkdirAll(r.git.dir, mode); err != nil {
		return fmt.Errorf("making the repository: %w", err)
	}
	// Bare: without a work tree there is none to read a setting from.
	if _, err := r.git.run(ctx, "init", "--quiet", "--bare", "--template=", "--initial-branch=worker"); err != nil {
		return err
	}
	if r.tree == nil {
		return nil
	}
	return r.tree.Create()
}

// maxBranchName is the longest branch name, in bytes, of which git can make files and GitHub a branch.
const maxBranchName = 244

// BranchNameError says that git, or GitHub, accepts no branch of this name.
type BranchNameError struct{ Name, Why string }

// Error implements error.
func (e *BranchNameError) Error() string {
	return fmt.Sprintf("the branch name %q cannot be worked on (%s): rename the branch, and open a pull request from the new one", e.Name, e.Why)
}

// CheckBranchName refuses, with a BranchNameError, what git refuses as a branch's name. Every other name is accepted: no
// shell ever sees it, and to every command it is the end of a full ref.
func (r *Repository) CheckBranchName(ctx context.Context) error {
	var why string
	switch _, err := r.git.run(ctx, "check-ref-format", r.branchRef()); {
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
	return &BranchNameError{Name: r.branch, Why: why}
}

// commitOf is the commit that a name means.
func (g git) commitOf(ctx context.Context, name string) (string, error) {
	return g.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
}

// HeadTree is the tree of the newest commit.
func (r *Repository) HeadTree(ctx context.Context) (string, error) {
	return r.git.line(ctx, "rev-parse", "--verify", "HEAD^{tree}")
}

// Newest is the message of the newest commit, and the tree of the one before it; that is empty where there is none.
func (r *Repository) Newest(ctx context.Context) (message, before string, err error) {
	if message, err = r.git.run(ctx, "log", "-1", "--format=%B", "HEAD"); err != nil {
		return "", "", err
	}
	before, err = r.git.line(ctx, "rev-parse", "--verify", "--quiet", "HEAD~1^{tree}")
	if exitCodeOf(err) == 1 {
		return message, "", nil
	}
	return message, before, err
}

// Tracked is the commit that the server's branch was at when the worker last fetched it or pushed to it.
func (r *Repository) Tracked(ctx context.Context) (string, error) {
	return r.git.commitOf(ctx, r.trackingRef())
}

// Track records that the server's branch is at a commit.
func (r *Repository) Track(ctx context.Context, commit string) error {
	_, err := r.git.run(ctx, "update-ref", r.trackingRef(), commit)
	return err
}

// Descends reports whether head is at, or descends from, ancestor. A commit that does not exist is no ancestor.
func (r *Repository) Descends(ctx context.Context, ancestor, head string) (bool, error) {
	_, err := r.git.run(ctx, "merge-base", "--is-ancestor", "--end-of-options", ancestor, head)
	switch code := exitCodeOf(err); {
	case err == nil:
		return true, nil
	case code == 1, code == 128:
		return false, nil
	default:
		return false, err
	}
}

// The author and committer of the worker's commits.
const (
	authorName = "Kiro Worker"
	// AuthorEmail is the author's and the committer's of every commit.
	AuthorEmail = "worker@kiro-worker.invalid"
)

// Commit makes a commit of a tree on HEAD, dated at the given time, moves the branch to it, and returns its id.
func (r *Repository) Commit(ctx context.Context, tree, message string, at time.Time) (string, error) {
	args := []string{"commit-tree", "-F", "-"}
	parent, err := r.git.commitOf(ctx, "HEAD")
	if err == nil {
		args = append(args, "-p", parent)
	} else if exitCodeOf(err) != 1 {
		return "", err
	}
	date := strconv.FormatInt(at.Unix(), 10) + " +0000"
	out, err := r.git.do(ctx, call{
		args:  append(args, tree),
		input: strings.NewReader(message),
		env: []string{
			"GIT_AUTHOR_NAME=" + authorName, "GIT_AUTHOR_EMAIL=" + AuthorEmail, "GIT_AUTHOR_DATE=" + date,
			"GIT_COMMITTER_NAME=" + authorName, "GIT_COMMITTER_EMAIL=" + AuthorEmail, "GIT_COMMITTER_DATE=" + date,
		},
	})
	if err != nil {
		return "", err
	}
	commit := strings.TrimSpace(out)
	_, err = r.git.run(ctx, "update-ref", r.branchRef(), commit, parent)
	return commit, err
}

// File is a regular file of a commit, or a symbolic link.
type File struct {
	// Name is its path, slash-separated.
	Name string
	// ID is its content's; Size is in bytes, -1 if git does not know it.
	ID   string
	Size int64
	// Link: it is a symbolic link, and its content is where that leads.
	Link bool
}

// Files are the regular files and links of the commit that a ref names; submodules are left out.
func (r *Repository) Files(ctx context.Context, ref string) ([]File, error) {
	out, err := r.git.run(ctx, "ls-tree", "-r", "-z", "--long", ref)
	if err != nil {
		return nil, err
	}
	var all []File
	for _, entry := range splitZero(out) {
		meta, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(meta) // mode, type, id, size
		if !ok || len(fields) != 4 || !strings.HasPrefix(fields[0], "100") && fields[0] != linkMode {
			continue
		}
		size, err := strconv.ParseInt(fields[3], 10, 64)
		if err != nil {
			size = -1
		}
		all = append(all, File{Name: name, ID: fields[2], Size: size, Link: fields[0] == linkMode})
	}
	return all, nil
}

// defaultRef is the copy of the server's default branch.
const defaultRef = "refs/kiro-worker/default"

// DefaultHead is the commit that the default branch was at when it was fetched.
func (r *Repository) DefaultHead(ctx context.Context) (string, error) {
	return r.git.line(ctx, "rev-parse", "--verify", "--quiet", defaultRef+"^{commit}")
}

// UnreadableError says why a file that is there is not read.
type UnreadableError struct{ why string }

// Error implements error.
func (e *UnreadableError) Error() string { return e.why }

// FileOf is what a regular file of a commit holds. Where there is none the error is fs.ErrNotExist; where something else is in
// its place, or it is longer than allowed, an UnreadableError.
func (r *Repository) FileOf(ctx context.Context, commit, name string, most int64) (string, error) {
	out, err := r.git.run(ctx, "ls-tree", "-z", "--long", "--full-tree", commit, "--", name)
	if err != nil {
		return "", err
	}
	for _, entry := range splitZero(out) {
		meta, found, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(meta) // mode, type, id, size
		if !ok || found != name || len(fields) != 4 {
			continue
		}
		size, err := strconv.ParseInt(fields[3], 10, 64)
		switch {
		case !strings.HasPrefix(fields[0], "100"):
			return "", &UnreadableError{"it is a link, a directory or another repository: make it a regular file"}
		case err != nil || size > most:
			return "", &UnreadableError{fmt.Sprintf("it has %s bytes; at most %d are allowed", fields[3], most)}
		}
		return r.Content(ctx, fields[2])
	}
	return "", fs.ErrNotExist
}

// linkMode is the mode of a symbolic link.
const linkMode = "120000"

// Content is what a file holds, by its id.
func (r *Repository) Content(ctx context.Context, id string) (string, error) {
	return r.git.run(ctx, "cat-file", "blob", id)
}
