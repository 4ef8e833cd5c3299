// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// profile takes profiles of the processor time of the manager, the emulators and the API server, beside a measure of that length, where
// profiles are wanted. What it returns waits for them.
func (w *world) profile(name string, d time.Duration) func() error {
	if w.profiles == "" {
		return func() error { return nil }
	}
	path, done := "/debug/pprof/profile?seconds="+strconv.Itoa(int(d.Seconds())), make(chan error, 3)
	go func() { done <- w.fetchProfile(name+".manager", "http://"+w.pprof+path) }()
	go func() { done <- w.fetchProfile(name+".emulators", w.Control+path) }()
	go func() {
		text, err := w.server.Get().AbsPath("/debug/pprof/profile").Param("seconds", strconv.Itoa(int(d.Seconds()))).DoRaw(context.Background())
		if err == nil {
			err = os.WriteFile(filepath.Join(w.profiles, name+".apiserver"), text, 0o600)
		}
		done <- err
	}()
	return func() error { return errors.Join(<-done, <-done, <-done) }
}

// heap takes a profile of the manager's memory, where profiles are wanted.
func (w *world) heap(name string) error {
	if w.profiles == "" {
		return nil
	}
	return w.fetchProfile(name+".heap", "http://"+w.pprof+"/debug/pprof/heap")
}

func (w *world) fetchProfile(name, url string) error {
	answer, err := http.Get(url) //nolint:noctx // an address of our own programs
	if err != nil {
		return fmt.Errorf("taking a profile: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil {
		err = os.WriteFile(filepath.Join(w.profiles, name), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keeping a profile: %w", err)
	}
	return nil
}
