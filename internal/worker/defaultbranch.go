// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// defaultBranchFile is what was read of the repository's default branch, for all phases. It is the worker's alone: what the work's
// branch, or an agent, says of these files does not count.
const defaultBranchFile = "default-branch.json"

// defaultBranch is what was read of the default branch.
type defaultBranch struct {
	// Commit is the branch's head when it was read.
	Commit string `json:"commit,omitempty"`
	// Files are those that were asked for and are there, by path.
	Files map[string]string `json:"files,omitempty"`
	// Problems say of those that are there why they cannot be read.
	Problems map[string]string `json:"problems,omitempty"`
}

// defaultReader reads files of the default branch.
type defaultReader struct {
	repo   *gitrepo.Repository
	remote *gitrepo.Remote
	retry  retrier
	dir    buildDir
	// files are what is read, by path, with the most bytes of each. Without any nothing is fetched.
	files map[string]int64
}

// read fetches the default branch and keeps the files.
func (d defaultReader) read(ctx context.Context) error {
	if len(d.files) == 0 {
		return nil
	}
	err := d.retry.do(ctx, "fetching the default branch", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
		defer cancel()
		server, err := d.repo.Connect(ctx, *d.remote)
		if err != nil {
			return err
		}
		defer server.Close()
		return server.FetchDefault(ctx)
	})
	if errors.Is(err, gitrepo.ErrBranchGone) {
		return d.keep(defaultBranch{}) // a repository whose default branch has no commit yet
	}
	if err != nil {
		return fmt.Errorf("fetching the repository's default branch: %w", err)
	}
	found := defaultBranch{Files: map[string]string{}, Problems: map[string]string{}}
	if found.Commit, err = d.repo.DefaultHead(ctx); err != nil {
		return err
	}
	for name, most := range d.files {
		text, err := d.repo.FileOf(ctx, found.Commit, name, most)
		var unreadable *gitrepo.UnreadableError
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case errors.As(err, &unreadable):
			found.Problems[name] = unreadable.Error()
		case err != nil:
			return err
		default:
			found.Files[name] = text
		}
	}
	return d.keep(found)
}

func (d defaultReader) keep(found defaultBranch) error {
	text, err := json.Marshal(found)
	if err == nil {
		err = os.WriteFile(d.dir.path(defaultBranchFile), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keeping what was read of the default branch: %w", err)
	}
	return nil
}

// readDefault is what an earlier stage read; nothing where none did.
func (d buildDir) readDefault() (defaultBranch, error) {
	var found defaultBranch
	text, err := os.ReadFile(d.path(defaultBranchFile))
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err != nil {
		return found, fmt.Errorf("reading what was kept of the default branch: %w", err)
	}
	return found, nil
}
