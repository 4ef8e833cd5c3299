// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

const (
	// powerTimeout is how long it may take to fetch a Power.
	powerTimeout = 2 * time.Minute
	// maxArchive is the largest archive, in bytes.
	maxArchive = 64 << 20
)

// fetchPower reads the Power from its source.
func (j *job) fetchPower(ctx context.Context) (power, error) {
	s := j.parameters.Settings
	source, err := url.Parse(s.SteeringSource)
	if err != nil || source.Host == "" || source.Scheme != "https" && !j.sameHost(source) {
		return power{}, failedf(contract.OutcomeSteeringFailed, "steering.source is not an https URL")
	}
	if source.User != nil {
		// It would stand in git's arguments, in the log and in this very message.
		return power{}, failedf(contract.OutcomeSteeringFailed, "steering.source has credentials before its host: take them out and "+
			"revoke them; a repository on the server of the work is read with the build's own")
	}
	if source.RawQuery != "" || source.Fragment != "" {
		// A signed address or a token in it would stand there, too, and in the record that is committed.
		return power{}, failedf(contract.OutcomeSteeringFailed, "steering.source has a query or a fragment: name an address without one")
	}
	read := j.powerFromGit
	if isArchive(source.Path) {
		read = j.powerFromArchive
	}
	var files map[string][]byte
	err = j.retry(ctx, s.RetryGit.Or(contract.RetryGit), "fetching the Power", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, powerTimeout)
		defer cancel()
		var err error
		files, err = read(ctx, source)
		return err
	})
	if err != nil {
		return power{}, err
	}
	return readPower(files)
}

// plainSource is the source without what may be a secret, for a message.
func plainSource(source string) string {
	u, err := url.Parse(source)
	if err != nil {
		return "steering.source"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// powerDir is where the Power lies in its source; empty is its root.
func powerDir(dir string) string { return strings.Trim(path.Clean("/"+dir), "/") }

// sameHost reports whether an address is on the server that the repository is on. Only that one is sent the
// repository's credentials, and only there plain http is as good as for the repository itself.
func (j *job) sameHost(u *url.URL) bool {
	if j.ports.Remote == nil {
		return false
	}
	own, err := url.Parse(j.ports.Remote.Address(j.parameters.Repository))
	return err == nil && own.Scheme == u.Scheme && own.Host == u.Host
}

func isArchive(name string) bool {
	return strings.HasSuffix(name, ".zip") || strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz")
}

// below are the files under a directory, by their path relative to it.
func below(files map[string][]byte, dir string) map[string][]byte {
	if dir == "" {
		return files
	}
	found := map[string][]byte{}
	for name, text := range files {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
			found[rest] = text
		}
	}
	return found
}

// wanted reports whether a file can be part of a Power's manifest or steering; all others are not even read.
func wanted(name string) bool {
	base := path.Base(name)
	return base == "POWER.md" || base == "plugin.json" || path.Ext(base) == ".md" && (strings.HasPrefix(name, "steering/") || strings.Contains(name, "/steering/"))
}

// gathering keeps files within the bounds. Only those of one Power count: a repository may have many.
type gathering struct {
	dir string
	// packed says that all may lie in one more directory, as archives of forges have it.
	packed bool
	files  map[string][]byte
	bytes  int
}

// wants reports whether a file can be part of the Power.
func (g *gathering) wants(name string) bool {
	within := func(name string) bool { return g.dir == "" || strings.HasPrefix(name, g.dir+"/") }
	_, unpacked, _ := strings.Cut(name, "/")
	return wanted(name) && (within(name) || g.packed && within(unpacked))
}

// found are the files of the Power by their path relative to it.
func (g *gathering) found() map[string][]byte {
	if !g.packed {
		return below(g.files, g.dir)
	}
	if g.dir == "" {
		return withoutTop(g.files)
	}
	if flat := below(g.files, g.dir); len(flat) > 0 {
		return flat
	}
	return below(withoutTop(g.files), g.dir)
}

func (g *gathering) add(name string, size int64, in io.Reader) error {
	if !safeName(name) {
		return failedf(contract.OutcomeSteeringFailed, "the path %.80q leads out of the Power", name)
	}
	if size > maxPowerFile || len(g.files) >= maxPowerFiles {
		return failedf(contract.OutcomeSteeringFailed, "the Power has more than %d files, or one of more than %d bytes", maxPowerFiles, maxPowerFile)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPowerFile+1))
	if err != nil {
		return err
	}
	if g.bytes += len(text); len(text) > maxPowerFile || g.bytes > maxPowerBytes {
		return failedf(contract.OutcomeSteeringFailed, "the Power has more than %d bytes", maxPowerBytes)
	}
	g.files[name] = text
	return nil
}

// powerFromGit fetches one commit and reads the files out of it. Nothing is checked out, so nothing can be written.
func (j *job) powerFromGit(ctx context.Context, source *url.URL) (map[string][]byte, error) {
	ref := j.parameters.Settings.SteeringRef
	if ref == "" {
		ref = "HEAD"
	}
	if strings.HasPrefix(ref, "-") || strings.ContainsAny(ref, " :+^~\\*?[") {
		return nil, failedf(contract.OutcomeSteeringFailed, "steering.ref %.80q is not the name of a branch, tag or commit", ref)
	}
	const local = "refs/kiro-worker/power"
	remote := gitrepo.Remote{Address: source.String()}
	if j.sameHost(source) {
		remote = j.remote()
		remote.Address = source.String()
	}
	server, err := j.repo.Connect(ctx, remote)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	if err := server.FetchCommit(ctx, ref, local); err != nil {
		return nil, err
	}
	all, err := j.repo.Files(ctx, local)
	if err != nil {
		return nil, err
	}
	g := gathering{dir: powerDir(j.parameters.Settings.SteeringPath), files: map[string][]byte{}}
	for _, file := range all {
		if !g.wants(file.Name) {
			continue
		}
		if file.Size < 0 || file.Size > maxPowerFile {
			return nil, failedf(contract.OutcomeSteeringFailed, "%.80q has more than %d bytes", file.Name, maxPowerFile)
		}
		text, err := j.repo.Content(ctx, file.ID)
		if err != nil {
			return nil, err
		}
		if err := g.add(file.Name, file.Size, strings.NewReader(text)); err != nil {
			return nil, err
		}
	}
	return g.found(), nil
}
