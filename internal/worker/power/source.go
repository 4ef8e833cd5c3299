// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// fetchTimeout is how long it may take to fetch a Power.
const fetchTimeout = 2 * time.Minute

// Source is where a Power is read from.
type Source struct {
	// Address is the https URL of a git repository, or of a .zip, .tar.gz or .tgz archive.
	Address string
	// Ref is a branch, tag or commit of a git repository; empty is its HEAD.
	Ref string
	// Path is the Power's directory in its source; empty is the root.
	Path string
	// Inclusion is when steering that does not say so is read: always, auto or manual; empty leaves such files as they are.
	Inclusion string
	// Dir is the worker's own directory, in which a git repository is kept while it is read; Environ is the worker's
	// environment, as NAME=value, of which git is given a part.
	Dir     string
	Environ []string
	// Own is the repository of the work. Only its server is sent its credentials, and only there plain http is accepted
	// as it is for the repository itself. A zero Own has no server.
	Own gitrepo.Remote
}

// String is the address without what may be a secret, for a message.
func (s Source) String() string {
	u, err := url.Parse(s.Address)
	if err != nil {
		return "steering.source"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// Fetch reads the Power, once. What another try cannot change is a terminal fault.
func (s Source) Fetch(ctx context.Context) (Power, error) {
	source, err := s.check()
	if err != nil {
		return Power{}, err
	}
	read := s.fromGit
	if isArchive(source.Path) {
		read = s.fromArchive
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	files, notes, err := read(ctx, source)
	if err != nil {
		return Power{}, err
	}
	p, err := parse(files, s.Inclusion)
	if err != nil {
		return Power{}, fault.NewTerminal(fault.CodeInvalidConfiguration, err)
	}
	p.Notes = append(notes, p.Notes...)
	return p, nil
}

// check refuses an address that must not be used.
func (s Source) check() (*url.URL, error) {
	source, err := url.Parse(s.Address)
	if err != nil || source.Host == "" || source.Scheme != "https" && !s.sameHost(source) {
		return nil, invalidf("steering.source is not an https URL")
	}
	if source.User != nil {
		// It would be in git's arguments, in the log and in this very message.
		return nil, invalidf("steering.source has credentials before its host: take them out and " +
			"revoke them; a repository on the server of the work is read with the build's own")
	}
	if source.RawQuery != "" || source.Fragment != "" {
		// A signed address or a token in it would be there, too, and in the record that is committed.
		return nil, invalidf("steering.source has a query or a fragment: name an address without one")
	}
	return source, nil
}

// sameHost reports whether an address is on the server that the repository of the work is on.
func (s Source) sameHost(u *url.URL) bool {
	own, err := url.Parse(s.Own.Address)
	return err == nil && own.Host != "" && own.Scheme == u.Scheme && own.Host == u.Host
}

func isArchive(name string) bool {
	return strings.HasSuffix(name, ".zip") || strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz")
}

// cleanDir is the Power's directory in its source; empty is the root.
func cleanDir(dir string) string { return strings.Trim(path.Clean("/"+dir), "/") }

// invalidf is a terminal fault: what the environment names cannot be used as it is.
func invalidf(format string, args ...any) error {
	return fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(format, args...))
}
