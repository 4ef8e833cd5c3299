// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"context"
	"io"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// checkSecrets refuses to commit a known secret: what is pushed cannot be taken back. It looks at the lines that the
// change adds; what stood there before is not the agent's doing.
func (j *job) checkSecrets(ctx context.Context, tree string) error {
	var found watched
	out := redact.NewWriter(&found, j.redactor)
	_, err := j.repo.do(ctx, call{
		args:   []string{"diff-tree", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--unified=0", "--no-renames", "--end-of-options", "HEAD", tree},
		output: &addedLines{out: out},
	})
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	if found.marked {
		return failedf(contract.OutcomeAgentFailed, "the change holds a secret of the build; nothing of it was pushed: keep credentials out of what the agent writes")
	}
	return nil
}

// addedLines passes on the lines of a diff that begin with a plus.
type addedLines struct {
	out    io.Writer
	midway bool
	adding bool
}

// Write implements io.Writer.
func (a *addedLines) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line = rest[:i+1]
		}
		rest = rest[len(line):]
		if !a.midway {
			a.adding = line[0] == '+'
			if a.adding {
				line = line[1:]
			}
		}
		a.midway = len(line) == 0 || line[len(line)-1] != '\n'
		if a.adding {
			if _, err := a.out.Write(line); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

// watched notes whether a known secret was taken out of what it is given.
type watched struct {
	tail   []byte
	marked bool
}

// Write implements io.Writer.
func (w *watched) Write(p []byte) (int, error) {
	if w.marked {
		return len(p), nil
	}
	text := bytes.Join([][]byte{w.tail, p}, nil)
	w.marked = bytes.Contains(text, []byte(redact.Mark))
	w.tail = bytes.Clone(text[max(0, len(text)-len(redact.Mark)):])
	return len(p), nil
}
