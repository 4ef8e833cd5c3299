// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// reportsDir is where the buildspec's reports section looks, relative to the build's source directory.
const reportsDir = "kiro-reports"

// maxReport is the largest report file that is copied, in bytes.
const maxReport = 64 << 20

// reportCopier copies the report files to where CodeBuild picks them up, in a directory for each format: the buildspec
// names them. What cannot be copied is left out; the artifacts have the numbers.
type reportCopier struct {
	tree      *gitrepo.WorkTree
	sourceDir string // empty copies none
	redactor  *redact.Redactor
}

func (c reportCopier) copyAll(ctx context.Context, s *State) {
	if c.sourceDir == "" {
		return
	}
	// CodeBuild does not read the format that has the most, Istanbul's; one that it reads may be beside it.
	for n, name := range slices.Concat(s.TestFiles, s.CoverageFiles, s.CoverageBeside) {
		text, err := c.tree.ReadFile(name, maxReport)
		if err != nil {
			logOf(ctx).V(1).Info("A report was not copied", keyObject, name, keyReason, err.Error())
			continue
		}
		folder := reportFolder(name, text)
		if folder == "" {
			continue
		}
		to := filepath.Join(c.sourceDir, reportsDir, folder, strconv.Itoa(n)+"-"+filepath.Base(name))
		if err := writeRedacted(ctx, to, text, c.redactor); err != nil {
			logOf(ctx).V(1).Info("A report was not copied", keyObject, name, keyReason, err.Error())
		}
	}
}

// reportFolder is the format of a report as the buildspec names it; empty for one that CodeBuild does not read. LCOV,
// which it says that it reads, is left out: the buildspec's reference names no file-format for it.
func reportFolder(name string, text []byte) string {
	head := text[:min(len(text), 4096)]
	switch ext := path.Ext(name); {
	case ext != ".xml":
		return ""
	case bytes.Contains(head, []byte("<testsuite")):
		return "junit"
	case bytes.Contains(head, []byte("JACOCO")) || bytes.Contains(head, []byte("<report")):
		return "jacoco"
	case bytes.Contains(head, []byte("line-rate=")):
		return "cobertura"
	case bytes.Contains(head, []byte("clover=")):
		return "clover"
	default:
		return ""
	}
}

func writeRedacted(ctx context.Context, name string, text []byte, r *redact.Redactor) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := redact.NewWriter(file, r)
	// A reader alone: a copy in one piece would not look at its context.
	_, err = io.Copy(ending{ctx: ctx, to: out}, struct{ io.Reader }{bytes.NewReader(text)})
	return errors.Join(err, out.Close(), file.Close())
}
