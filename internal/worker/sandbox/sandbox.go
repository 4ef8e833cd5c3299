// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// DefaultUser is the user that agent and tests run as, where there is one.
const DefaultUser = "kiro-agent"

// ownUser is the name in the environment where there is no other user.
const ownUser = "kiro-worker"

// Options make a Sandbox.
type Options struct {
	// User is the name of the user that programs run as; empty is DefaultUser.
	User string
	// Local runs programs as the caller, with the caller's whole environment: a developer's agent is logged in already.
	Local bool
	// Dir is the build's own directory. The user's home is made in it.
	Dir string
	// Tree is the checkout, in which programs run.
	Tree string
	// Environ is the worker's environment, as NAME=value, of which programs are given a part.
	Environ []string
	// Extra are further variables, as NAME=value, which programs are given and the worker is not.
	Extra []string
	// Clock measures the programs' time-outs.
	Clock clock.WithTicker
	// Since is when the build began: what the user left elsewhere since then is its own doing.
	Since time.Time
}

// Sandbox runs programs apart from the worker.
type Sandbox struct {
	options Options
}

// New returns a sandbox. It looks up and makes nothing.
func New(o Options) *Sandbox {
	if o.User == "" {
		o.User = DefaultUser
	}
	return &Sandbox{options: o}
}

// User is the name of the user that programs run as, where they can.
func (s *Sandbox) User() string { return s.options.User }

// Credential is the user that programs run as; nil, with the reason, where they run as the worker's own: they could
// then read the worker's memory and files.
func (s *Sandbox) Credential() (c *process.Credential, off string) {
	switch {
	case s.options.Local:
		return nil, "a local run works with its caller's rights"
	case os.Geteuid() != 0:
		return nil, "the worker is not root and can run nothing as another user"
	}
	found, err := user.Lookup(s.options.User)
	if err != nil {
		return nil, fmt.Sprintf("there is no user %q in the build image", s.options.User)
	}
	uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil || uid == 0 {
		return nil, fmt.Sprintf("the user %q is root, or has no number", s.options.User)
	}
	return &process.Credential{UID: uint32(uid), GID: uint32(gid)}, ""
}

// Environment is a program's whole environment, as NAME=value, with variables that are for this program alone. The home that it
// names is made, and is the user's own.
func (s *Sandbox) Environment(own ...string) ([]string, error) {
	if s.options.Local {
		return s.options.Environ, nil
	}
	if err := s.makeHome(); err != nil {
		return nil, err
	}
	h := home{user: s.options.User, dir: s.homeDir(), temp: s.tempDir()}
	if c, _ := s.Credential(); c == nil {
		h.user = ownUser
	}
	return environment(s.options.Environ, s.options.Extra, h, own), nil
}

// Home is the user's home directory; in a local run the caller's own.
func (s *Sandbox) Home() string {
	if s.options.Local {
		return process.Variable(s.options.Environ, "HOME")
	}
	return s.homeDir()
}

// TreeUser is whom git runs as on a checkout: somebody who has neither the worker's rights nor the user's. It is the
// user of the same name with "-git" behind it, or a number that belongs to nobody. Nil where there is no separation.
func (s *Sandbox) TreeUser() *process.Credential {
	c, _ := s.Credential()
	if c == nil {
		return nil
	}
	if found, err := user.Lookup(s.options.User + "-git"); err == nil {
		uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
		if errors.Join(err1, err2) == nil && uid != 0 && uint32(uid) != c.UID {
			return &process.Credential{UID: uint32(uid), GID: uint32(gid)}
		}
	}
	// Within the numbers that a container without root's whole range has.
	const first, count = 30000, 30000
	for n := range uint32(count) {
		id := first + (c.UID+n)%count
		_, taken := user.LookupId(strconv.FormatUint(uint64(id), 10))
		if taken != nil && id != c.UID && id != c.GID {
			return &process.Credential{UID: id, GID: id}
		}
	}
	return nil
}
