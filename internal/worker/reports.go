// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// reportsDir is where the buildspec's reports section looks, relative to the build's source directory.
const reportsDir = "kiro-reports"

// maxReport is the largest report file that is copied.
const maxReport = 64 << 20

// leaveReports copies the report files to where CodeBuild picks them up, sorted by what they are: it has to be told
// each format. What cannot be copied is left out; the artifacts have the numbers.
func (j *job) leaveReports(ctx context.Context) {
	if j.build.SourceDir == "" {
		return
	}
	// CodeBuild does not read the format that tells most, Istanbul's; one that it reads may lie beside it.
	for n, name := range slices.Concat(j.state.TestFiles, j.state.CoverageFiles, j.state.CoverageBeside) {
		text, err := j.tree.ReadFile(name, maxReport)
		if err != nil {
			logOf(ctx).V(1).Info("A report was not copied", keyObject, name, keyReason, err.Error())
			continue
		}
		folder := reportFolder(name, text)
		if folder == "" {
			continue
		}
		to := filepath.Join(j.build.SourceDir, reportsDir, folder, strconv.Itoa(n)+"-"+filepath.Base(name))
		if err := writeRedacted(to, text, j.redactor); err != nil {
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

func writeRedacted(name string, text []byte, r *redact.Redactor) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	return os.WriteFile(name, r.Bytes(text), 0o600)
}
