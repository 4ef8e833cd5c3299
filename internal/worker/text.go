// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"io"
	"os"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// lastOutput is the end of an output file, for a message.
func (j *job) lastOutput(name string) string {
	const keep = 1 << 10
	file, err := os.Open(j.path(name))
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > keep {
		_, _ = file.Seek(-keep, io.SeekEnd)
	}
	text, err := io.ReadAll(io.LimitReader(file, keep))
	if err != nil {
		return ""
	}
	return gitrepo.LastLine(string(text))
}
