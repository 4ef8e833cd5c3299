// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// repositoryFile reads a file of the repository that this was built from: the demo runs what is in it, not a copy. An image has
// the files in a directory of their own.
func (s *System) repositoryFile(parts ...string) (string, error) {
	if s.options.Sources != "" {
		text, err := os.ReadFile(filepath.Join(append([]string{s.options.Sources}, parts...)...))
		if err != nil {
			return "", fmt.Errorf("reading the files of the demo: %w", err)
		}
		return string(text), nil
	}
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("this program was built without its sources' paths; build it with `make build`")
	}
	root := filepath.Join(filepath.Dir(file), "..", "..", "..")
	text, err := os.ReadFile(filepath.Join(append([]string{root}, parts...)...))
	if err != nil {
		return "", fmt.Errorf("reading the repository that this was built from: %w", err)
	}
	return string(text), nil
}
