// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// fromGit fetches one commit and reads the files out of it. Nothing is checked out, so nothing can be written. The notes say
// what was left out.
func (s Source) fromGit(ctx context.Context, source *url.URL) (files map[string][]byte, notes []string, err error) {
	ref := s.Ref
	if ref == "" {
		ref = "HEAD"
	}
	if strings.HasPrefix(ref, "-") || strings.ContainsAny(ref, " :+^~\\*?[") {
		return nil, nil, invalidf("steering.ref %.80q is not the name of a branch, tag or commit", ref)
	}
	const local = "refs/kiro-worker/power"
	remote := gitrepo.Remote{Address: source.String()}
	if s.sameHost(source) {
		remote = s.Own
		remote.Address = source.String()
	}
	// The agent reads the objects of the work's repository. The source may be another private one.
	store := gitrepo.OpenStore(filepath.Join(s.Dir, "steering.git"), s.Environ)
	if err := store.Create(ctx); err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, store.Remove()) }()
	server, err := store.Connect(ctx, remote)
	if err != nil {
		return nil, nil, err
	}
	defer server.Close()
	if err := server.FetchCommit(ctx, ref, local); err != nil {
		return nil, nil, err
	}
	c, err := gitContents(ctx, store, local)
	if err != nil {
		return nil, nil, err
	}
	return gather(c, cleanDir(s.Path), false)
}

// gitContents lists a commit.
func gitContents(ctx context.Context, store *gitrepo.Repository, commit string) (contents, error) {
	all, err := store.Files(ctx, commit)
	if err != nil {
		return contents{}, err
	}
	var c contents
	ids := map[string]string{}
	for _, file := range all {
		ids[file.Name] = file.ID
		size := file.Size
		if size < 0 {
			size = maxPowerFile + 1
		}
		c.entries = append(c.entries, entry{name: file.Name, size: size, isLink: file.Link})
	}
	c.follow = func(name string) string {
		if text, err := store.Content(ctx, ids[name]); err == nil && len(text) <= maxLink {
			return text
		}
		return ""
	}
	c.read = func(names map[string]bool, add func(string, io.Reader) error) error {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			text, err := store.Content(ctx, ids[name])
			if err != nil {
				return err
			}
			if err := add(name, strings.NewReader(text)); err != nil {
				return err
			}
		}
		return nil
	}
	return c, nil
}
