// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	// marker is the file by which a directory is known as a demo's: only such a one is ever cleared.
	marker = ".kiro-local"
	// addresses is the file in which commands find where a running demo listens.
	addresses = "addresses.json"
)

// PrepareDir makes an empty directory for a demo and keeps other demos out of it until unlock is called. What an
// earlier demo left is removed; anything else is left alone, with an error.
func PrepareDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("making the demo's directory: %w", err)
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the demo's directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("another demo runs in %s; stop it, or give this one another --dir", dir)
	}
	if err := clearDir(dir); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return func() { _ = lock.Close() }, nil
}

func clearDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the demo's directory: %w", err)
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
			return fmt.Errorf("%s holds something that is no demo's; give another --dir", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing what an earlier demo left: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the demo's directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, marker), nil, 0o600); err != nil {
		return fmt.Errorf("marking the demo's directory: %w", err)
	}
	return nil
}

// listening is the content of the addresses file.
type listening struct {
	GitHub string `json:"gitHub"`
	AWS    string `json:"aws"`
}

// writeAddresses writes where this demo listens.
func (s *System) writeAddresses() error {
	text, err := json.Marshal(listening{GitHub: s.GitHubURL, AWS: s.AWSURL})
	if err != nil {
		return fmt.Errorf("writing the demo's addresses: %w", err)
	}
	if err := os.WriteFile(s.path(addresses), text, 0o600); err != nil {
		return fmt.Errorf("writing the demo's addresses: %w", err)
	}
	return nil
}

func readAddresses(dir string) (listening, error) {
	var l listening
	text, err := os.ReadFile(filepath.Join(dir, addresses))
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil {
		return l, fmt.Errorf("no demo runs in %s; start one with `make demo KEEP=1`: %w", dir, err)
	}
	return l, nil
}
