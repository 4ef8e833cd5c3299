// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Age makes every file that FindTests or FindCoverage would look at older than a run that begins now. Without it a
// report that was forged before the run, and dated into it, would count, and the tests would not have to write any.
func Age(root string, testPaths, coveragePaths []string, now time.Time) error {
	if len(testPaths) == 0 {
		testPaths = testPlaces
	}
	if len(coveragePaths) == 0 {
		coveragePaths = coveragePlaces
	}
	old := now.Add(-time.Hour)
	return find(root, append(testPaths[:len(testPaths):len(testPaths)], coveragePaths...), func(root *os.Root, name string, _ bool) error {
		err := root.Chtimes(name, old, old)
		if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil
		}
		return fmt.Errorf("%w: the report %q of an earlier run cannot be distinguished from a new one (%w); delete it", ErrNotMeasured, name, err)
	})
}
