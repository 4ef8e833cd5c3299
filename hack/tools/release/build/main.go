// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command build makes what a release publishes, without Docker and without a network but for Go modules: the manager's
// image as an OCI layout, the programs as archives, their SBOMs, the krew manifest, checksums and the changelog. Two runs on
// one commit give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// repository is where releases are published.
const repository = "https://github.com/kiro-worker/kiro-worker"

// release is what is made, and of what.
type release struct {
	root     string // of the repository
	out      string // directory
	version  string // v1.2.3, or what describes a commit
	revision string // commit
}

func main() {
	var r release
	var image, programs bool
	flag.StringVar(&r.root, "root", ".", "the repository")
	flag.StringVar(&r.out, "out", "dist", "directory to write to")
	flag.StringVar(&r.version, "version", "", "version, such as v1.2.3")
	flag.StringVar(&r.revision, "revision", "", "commit that it is made of")
	flag.BoolVar(&image, "image", false, "make the manager's image")
	flag.BoolVar(&programs, "programs", false, "make the programs' archives, checksums, krew manifest and changelog")
	flag.Parse()
	if err := r.make(image, programs); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// versionForm keeps a version to what may stand in a file's name, a tag and a linker's flag.
var versionForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$`)

func (r release) make(image, programs bool) error {
	if !versionForm.MatchString(r.version) {
		return fmt.Errorf("-version %q is none", r.version)
	}
	if !image && !programs {
		return errors.New("nothing to make: give -image, -programs or both")
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return fmt.Errorf("making the directory: %w", err)
	}
	if image {
		if err := r.image(); err != nil {
			return fmt.Errorf("making the image: %w", err)
		}
	}
	if programs {
		if err := r.programs(); err != nil {
			return err
		}
		if err := r.changelog(); err != nil {
			return fmt.Errorf("making the changelog: %w", err)
		}
	}
	return nil
}

func (r release) write(name string, content []byte) error {
	path := filepath.Join(r.out, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the directory of %s: %w", name, err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
