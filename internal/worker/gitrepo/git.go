// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

const (
	// gitTimeout bounds a command that stays on this machine. One that talks to a server is bounded by whoever knows how
	// long it may take: a fetch takes longer than this.
	gitTimeout = 5 * time.Minute
	// maxGitOutput bounds what is kept of a command's output.
	maxGitOutput = 16 << 20
	// maxGitErrors bounds what is kept of its standard error: a server can make it say anything.
	maxGitErrors = 64 << 10
)

// git runs git commands on one git directory. It reads no configuration but the git directory's own, which only the
// worker writes: not the machine's, not a person's, not the checkout's.
type git struct {
	dir     string
	environ []string
	// tree is the work tree; empty on the worker's own directory, with which none is ever read.
	tree string
	// objects is where objects are kept if that is not in dir.
	objects string
	// user is whom commands run as; nil is the worker's own.
	user *process.Credential
}

// gitSettings hold for every command. Hooks and a file system monitor are programs, and none is wanted here.
var gitSettings = []string{
	"-c", "core.hooksPath=/dev/null",
	"-c", "core.fsmonitor=false",
	"-c", "core.quotePath=false",
	"-c", "gc.auto=0",
	"-c", "maintenance.auto=false",
	"-c", "commit.gpgSign=false",
	"-c", "push.gpgSign=false",
	"-c", "credential.helper=",
	"-c", "submodule.recurse=false",
	"-c", "http.lowSpeedLimit=1000",
	"-c", "http.lowSpeedTime=60",
	"-c", "protocol.version=2",
	"-c", "core.untrackedCache=false",
	"-c", "core.useReplaceRefs=false",
}

func (g git) env() []string {
	env := process.AllowedEnv(g.environ, []string{
		"PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	})
	if g.tree != "" {
		env = append(env, "GIT_WORK_TREE="+g.tree)
	}
	if g.objects != "" {
		env = append(env, "GIT_OBJECT_DIRECTORY="+g.objects)
	}
	return append(env,
		"GIT_DIR="+g.dir,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true", "SSH_ASKPASS=true",
		// Not ssh, not git, not ext: an address decides nothing.
		"GIT_ALLOW_PROTOCOL=https:http",
		"GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_LFS_SKIP_SMUDGE=1",
		"HOME="+g.dir, "XDG_CONFIG_HOME="+g.dir, "LC_ALL=C", "TZ=UTC",
	)
}

// call is one git command.
type call struct {
	args  []string
	input io.Reader
	// output takes standard output; nil keeps it, up to a bound.
	output io.Writer
	env    []string
	// file is inherited as descriptor 3.
	file *os.File
	// remote says that it talks to a server.
	remote bool
	// messages is what it wrote to standard error, whatever its exit code.
	messages *string
}

// run runs a command and returns its standard output.
func (g git) run(ctx context.Context, args ...string) (string, error) {
	return g.do(ctx, call{args: args})
}

// bounded is the context that a command runs in.
func bounded(ctx context.Context, remote bool) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok && remote {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, gitTimeout)
}

func (g git) do(ctx context.Context, c call) (_ string, err error) {
	if c.remote {
		of, end := tracing.Start(ctx, "git "+verb(c.args), nil)
		ctx = of
		defer func() { end(err) }()
	}
	ctx, cancel := bounded(ctx, c.remote)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append(append([]string{}, gitSettings...), c.args...)...) //nolint:gosec // no shell; names are checked and follow --
	// Never below a directory of somebody else's without need: git looks around where it is.
	cmd.Dir = g.dir
	if g.tree != "" {
		cmd.Dir = g.tree
	}
	cmd.Env = append(g.env(), c.env...)
	cmd.Stdin = c.input
	out, messages := capped{limit: maxGitOutput}, capped{limit: maxGitErrors}
	cmd.Stdout, cmd.Stderr = &out, &messages
	if c.output != nil {
		cmd.Stdout = c.output
	}
	if c.file != nil {
		cmd.ExtraFiles = []*os.File{c.file}
	}
	// git starts helpers of its own: all of them end with it, and it ends with the worker.
	cmd.SysProcAttr = process.Tied()
	process.As(cmd.SysProcAttr, g.user)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	err = process.RunTied(cmd)
	if c.messages != nil {
		*c.messages = messages.String()
	}
	switch {
	case err != nil && ctx.Err() != nil:
		if cmd.Process != nil {
			// A helper that ignored the signal may still send what was given up.
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		return "", fmt.Errorf("git %s: %w", verb(c.args), context.Cause(ctx))
	case err != nil:
		// A refused push is explained on standard output.
		return "", classify(verb(c.args), err, messages.String()+"\n"+out.String())
	case out.over:
		return "", fmt.Errorf("git %s: more than %d bytes of output", verb(c.args), maxGitOutput)
	}
	return out.String(), nil
}

// line is run for a command that prints one line.
func (g git) line(ctx context.Context, args ...string) (string, error) {
	out, err := g.run(ctx, args...)
	return strings.TrimSpace(out), err
}

// verb is the command's name, behind its settings.
func verb(args []string) string {
	for n := 0; n < len(args); n++ {
		if args[n] == "-c" {
			n++
			continue
		}
		return args[n]
	}
	return ""
}

// capped keeps the first bytes that are written to it and swallows the rest. It must not have a buffer's other
// methods: io.Copy would fill it past its limit with ReadFrom.
type capped struct {
	kept  bytes.Buffer
	limit int
	over  bool
}

// Write implements io.Writer.
func (c *capped) Write(p []byte) (int, error) {
	rest := max(c.limit-c.kept.Len(), 0)
	if rest < len(p) {
		c.over = true
	}
	c.kept.Write(p[:min(rest, len(p))])
	return len(p), nil
}

// String is what was kept.
func (c *capped) String() string { return c.kept.String() }

// exitCodeOf is a git command's exit code, -1 if it has none.
func exitCodeOf(err error) int {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	return -1
}

// splitZero are the parts of an output that are each ended by a zero byte.
func splitZero(out string) []string {
	out = strings.TrimSuffix(out, "\x00")
	if out == "" {
		return nil
	}
	return strings.Split(out, "\x00")
}
