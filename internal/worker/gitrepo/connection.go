// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// listTimeout is how long it may take to ask a server for a branch's head. It changes nothing there.
const listTimeout = time.Minute

// Remote is a repository on a server, and what git needs to be let in.
type Remote struct {
	// Address is the repository's HTTP address, without credentials.
	Address string
	// Credentials are a user and a token, read for each connection. Nil connects without any.
	Credentials func(ctx context.Context) (user, token string, err error)
	// Helper is the program that git calls for them: one that answers CredentialCommand with AnswerCredential.
	Helper string
	// Dir is the worker's own directory, in which the file that hands them over is made.
	Dir string
}

// Connection runs git commands that talk to one server. The credentials are read when it is made, which can take a
// while; then each command can begin at once.
type Connection struct {
	git     git
	address string
	// branch and tracking are the full names of the branch's ref on the server and of its copy here.
	branch, tracking string
	helper           string
	file             *os.File // nil without credentials
	age              func() time.Duration
}

// Connect reads the credentials of a remote. Whoever called it closes the connection.
func (r *Repository) Connect(ctx context.Context, remote Remote) (*Connection, error) {
	c := &Connection{git: r.git, address: remote.Address, branch: r.branchRef(), tracking: r.trackingRef()}
	if remote.Credentials == nil {
		return c, nil
	}
	user, token, err := remote.Credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the git credentials: %w", err)
	}
	u, err := url.Parse(remote.Address)
	if err != nil || u.Host == "" {
		return nil, fault.NewTerminal(fault.CodeInvalidConfiguration, errors.New("the repository's address is not an http(s) URL"))
	}
	if c.file, err = credentialFile(remote.Dir, credential{Protocol: u.Scheme, Host: u.Host, Username: user, Password: token}); err != nil {
		return nil, err
	}
	c.age = func() time.Duration { return r.tokens.age(token) }
	c.age() // its use begins now
	c.helper = "credential.helper=!" + shellWord(remote.Helper) + " " + CredentialCommand
	return c, nil
}

// Close forgets the credentials.
func (c *Connection) Close() {
	if c.file != nil {
		_ = c.file.Close()
	}
}

// FetchBranch brings the branch, and nothing but the branch; its head is Repository.Tracked then. ErrBranchGone says
// that the server has no such branch.
func (c *Connection) FetchBranch(ctx context.Context) error {
	return c.fetch(ctx, "--", c.address, "+"+c.branch+":"+c.tracking)
}

// FetchDefault brings the server's default branch; its head is Repository.DefaultHead then. ErrBranchGone says that it has no
// commit.
func (c *Connection) FetchDefault(ctx context.Context) error {
	return c.fetch(ctx, "--", c.address, "+HEAD:"+defaultRef)
}

// FetchCommit brings the one commit that a ref of the server names, without its history, and names it local here.
func (c *Connection) FetchCommit(ctx context.Context, ref, local string) error {
	return c.fetch(ctx, "--depth=1", "--", c.address, "+"+ref+":"+local)
}

func (c *Connection) fetch(ctx context.Context, args ...string) error {
	_, err := c.run(ctx, append([]string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"}, args...)...)
	return err
}

// Head is the commit that the branch is at on the server, empty if it has no such branch.
func (c *Connection) Head(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	out, err := c.run(ctx, "ls-remote", "--heads", "--", c.address, c.branch)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		commit, ref, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if ok && ref == c.branch {
			return commit, nil
		}
	}
	return "", nil
}

// Push brings the branch on the server to a commit. It is never forced.
func (c *Connection) Push(ctx context.Context, commit string) error {
	_, err := c.run(ctx, "push", "--porcelain", "--no-verify", "--", c.address, commit+":"+c.branch)
	return err
}

// MayPush asks the server whether the credentials may push to the branch, without pushing anything: it says so before it is
// sent a commit. Rules about what is pushed are not asked.
func (c *Connection) MayPush(ctx context.Context, commit string) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	_, err := c.run(ctx, "push", "--dry-run", "--porcelain", "--no-verify", "--", c.address, commit+":"+c.branch)
	return err
}

// run runs a git command that may ask for the credentials.
func (c *Connection) run(ctx context.Context, args ...string) (string, error) {
	if c.helper != "" {
		args = append([]string{"-c", c.helper}, args...)
	}
	out, err := c.git.do(ctx, call{args: args, file: c.file, remote: true})
	if err != nil && c.age != nil {
		err = provesNothing(c.age(), err)
	}
	return out, err
}
