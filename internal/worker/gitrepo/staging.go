// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// ErrNotStaged says that git cannot add something that is in the checkout.
var ErrNotStaged = errors.New("git cannot add what was left in the checkout")

// OpenNested makes plain directories of repositories that somebody made or cloned into the checkout, and returns them:
// as links to commits that exist nowhere else their files would be lost. What git ignores is left alone: tools keep
// repositories in their caches.
func (w *WorkTree) OpenNested(ctx context.Context) ([]string, error) {
	root, err := os.OpenRoot(w.git.tree)
	if err != nil {
		return nil, fmt.Errorf("looking for nested repositories: %w", err)
	}
	defer func() { _ = root.Close() }()
	var all []string
	// One may be within another, and is seen only when that is open.
	for range 10 {
		names, err := w.list(ctx)
		if err != nil {
			return all, err
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, "/") })
		if len(names) == 0 {
			break
		}
		for _, name := range names {
			if err := root.RemoveAll(filepath.Join(filepath.FromSlash(name), ".git")); err != nil {
				return all, fmt.Errorf("%w: %s is a repository of its own (%w)", ErrNotStaged, name, err)
			}
			all = append(all, name)
		}
	}
	return all, nil
}

// list are the paths at which the checkout differs from the index: changed, gone or new. git goes into every directory
// but one that is a repository; the path of that ends with a slash.
//
// No command here looks into a repository below: "git add" and "git status" run git in each submodule, with the
// submodule's own configuration, which can name programs.
func (w *WorkTree) list(ctx context.Context) ([]string, error) {
	for opened := false; ; opened = true {
		var messages string
		var found paths
		_, err := w.git.do(ctx, call{
			args:   []string{"ls-files", "-z", "--others", "--modified", "--deleted", "--deduplicate", "--exclude-standard"},
			output: &found, messages: &messages,
		})
		// What cannot be read is left out with a warning: a file that is left out is not measured.
		denied := w.git.user != nil && (strings.Contains(messages, "ermission denied") || errors.Is(err, fs.ErrPermission))
		switch {
		case denied && !opened:
			if err := w.openUp(); err != nil {
				return nil, err
			}
		case denied:
			return nil, fmt.Errorf("%w (%s)", ErrNotStaged, LastLine(messages))
		case err != nil:
			return nil, err
		default:
			return found.names, nil
		}
	}
}

// maxPaths bounds what is kept of a list of paths, in bytes.
const maxPaths = 128 << 20

// paths keeps paths, each ended by a zero byte.
type paths struct {
	names []string
	path  []byte
	size  int
}

// Write implements io.Writer.
func (d *paths) Write(p []byte) (int, error) {
	if d.size += len(p); d.size > maxPaths {
		return 0, fmt.Errorf("%w: more than %d MB of paths", ErrNotStaged, maxPaths>>20)
	}
	for n := len(p); len(p) > 0; {
		part, rest, ended := bytes.Cut(p, []byte{0})
		d.path = append(d.path, part...)
		if p = rest; ended {
			d.names, d.path = append(d.names, string(d.path)), d.path[:0]
		}
		if len(p) == 0 {
			return n, nil
		}
	}
	return 0, nil
}

// openUp lets everybody read what somebody made private in the checkout: whoever adds it is another user. What has a
// second name elsewhere stays as it is.
func (w *WorkTree) openUp() error {
	root, err := os.OpenRoot(w.git.tree)
	if err != nil {
		return fmt.Errorf("reading the checkout: %w", err)
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() && !entry.Type().IsRegular() {
			return nil // what vanished meanwhile needs no opening; what git then cannot read, it says
		}
		// Through one open file: a name could be another file's a moment later.
		file, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
		if err != nil {
			return nil // as above
		}
		defer func() { _ = file.Close() }()
		info, err := file.Stat()
		if err != nil {
			return nil // as above
		}
		needed := fs.FileMode(0o444)
		if info.IsDir() {
			needed = 0o555
		}
		if !info.IsDir() && (!info.Mode().IsRegular() || linked(info)) || info.Mode().Perm()&needed == needed {
			return nil
		}
		return file.Chmod(info.Mode().Perm() | needed) //nolint:gosec // it is the open file that is changed, opened below a root
	})
}

// linked reports whether a file has a second name.
func linked(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink > 1
}

// addAll adds all that differs to the index. Anyway leaves out what cannot be added.
func (w *WorkTree) addAll(ctx context.Context, anyway bool) error {
	names, err := w.list(ctx)
	if err != nil {
		return err
	}
	names = addable(names)
	if len(names) == 0 {
		return nil
	}
	w.tree = ""
	return w.add(ctx, names, anyway)
}

// addable leaves out repositories, and what is behind a path that is no directory any more: adding that one removes them.
func addable(names []string) []string {
	named := make(map[string]bool, len(names))
	for _, name := range names {
		named[name] = true
	}
	return slices.DeleteFunc(names, func(name string) bool {
		if strings.HasSuffix(name, "/") {
			return true
		}
		for at := path.Dir(name); at != "."; at = path.Dir(at) {
			if named[at] {
				return true
			}
		}
		return false
	})
}

// add adds paths to the index. Anyway finds those that cannot be added by halves, and leaves them out.
func (w *WorkTree) add(ctx context.Context, names []string, anyway bool) error {
	var messages string
	_, err := w.git.do(ctx, call{
		args:  []string{"update-index", "-z", "--add", "--remove", "--replace", "--stdin"},
		input: strings.NewReader(strings.Join(names, "\x00") + "\x00"), messages: &messages,
	})
	// A name that is .git on some systems is left out, and that is no error to this command.
	if _, name, ignored := strings.Cut("\n"+messages, "\nIgnoring path "); err == nil && ignored {
		name, _, _ = strings.Cut(name, "\n")
		err = fmt.Errorf("%w: git refuses the name %s", ErrNotStaged, name)
	}
	if err == nil || !anyway || ctx.Err() != nil {
		return err
	}
	if len(names) == 1 {
		return nil
	}
	half := len(names) / 2
	return errors.Join(w.add(ctx, names[:half], anyway), w.add(ctx, names[half:], anyway))
}

// Stage adds all changes of the checkout to the index, and returns its tree and the paths that differ from HEAD.
// ErrNotStaged is the fault of what is there.
func (w *WorkTree) Stage(ctx context.Context) (tree string, changed []string, err error) {
	err = w.addAll(ctx, false)
	switch {
	case err == nil:
		return w.staged(ctx)
	case errors.Is(err, ErrNotStaged), ctx.Err() != nil, exitCodeOf(err) < 0:
		return "", nil, err // as it is; or git was ended, or never began: that is nothing that the agent left
	}
	return "", nil, fmt.Errorf("%w (%w)", ErrNotStaged, err)
}

// StageAnyway is Stage for a tree that is only looked at: what git cannot add is left out.
func (w *WorkTree) StageAnyway(ctx context.Context) (tree string, changed []string, err error) {
	_ = w.addAll(ctx, true)
	return w.staged(ctx)
}

// staged is what is in the index.
func (w *WorkTree) staged(ctx context.Context) (tree string, changed []string, err error) {
	if tree, err = w.bring(ctx); err != nil {
		return "", nil, err
	}
	out, err := w.own.run(ctx, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--end-of-options", "HEAD", tree)
	if err != nil {
		return "", nil, err
	}
	var nested []string
	fields := splitZero(out)
	for n := 0; n+1 < len(fields); n += 2 {
		modes := strings.Fields(fields[n])
		if len(modes) == 5 && modes[1] == "160000" && modes[0] != ":160000" {
			nested = append(nested, fields[n+1])
			continue
		}
		changed = append(changed, fields[n+1])
	}
	if len(nested) > 0 {
		tree, err = w.own.without(ctx, tree, nested)
	}
	return tree, changed, err
}
