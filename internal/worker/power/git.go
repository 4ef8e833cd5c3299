// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// fromGit fetches one commit and reads the files out of it. Nothing is checked out, so nothing can be written.
func (s Source) fromGit(ctx context.Context, source *url.URL) (files map[string][]byte, err error) {
	ref := s.Ref
	if ref == "" {
		ref = "HEAD"
	}
	if strings.HasPrefix(ref, "-") || strings.ContainsAny(ref, " :+^~\\*?[") {
		return nil, invalidf("steering.ref %.80q is not the name of a branch, tag or commit", ref)
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
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Remove()) }()
	server, err := store.Connect(ctx, remote)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	if err := server.FetchCommit(ctx, ref, local); err != nil {
		return nil, err
	}
	all, err := store.Files(ctx, local)
	if err != nil {
		return nil, err
	}
	g := gathering{dir: cleanDir(s.Path), files: map[string][]byte{}}
	for _, file := range all {
		if !g.wants(file.Name) {
			continue
		}
		if file.Size < 0 || file.Size > maxPowerFile {
			return nil, invalidf("%.80q has more than %d bytes", file.Name, maxPowerFile)
		}
		text, err := store.Content(ctx, file.ID)
		if err != nil {
			return nil, err
		}
		if err := g.add(file.Name, file.Size, strings.NewReader(text)); err != nil {
			return nil, err
		}
	}
	return g.found(), nil
}
