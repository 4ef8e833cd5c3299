// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
)

// testRemote is the emulator as git sees it.
type testRemote struct{ api *githubapi.Client }

func (r testRemote) Address(repository string) string {
	return r.api.WebURL() + "/" + repository + ".git"
}

func (r testRemote) Credentials(ctx context.Context) (user, token string, err error) {
	token, err = r.api.GitToken(ctx)
	return githubapi.GitUser, token, err
}

// bucket is a bucket that can be made to fail.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	fail    error
	only    string // the key's end that fails; empty is every one
	calls   int
	keys    map[string]bool // that objects were encrypted with
}

func (b *bucket) Put(_ context.Context, name string, o artifacts.Object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	b.keys[o.EncryptionKey] = true
	if b.fail != nil && strings.HasSuffix(o.Key, b.only) {
		return b.fail
	}
	text, err := io.ReadAll(o.Body)
	b.objects[name+"/"+o.Key] = string(text)
	return err
}

type metrics struct{ data []metricsink.Datum }

func (m *metrics) Put(_ context.Context, data []metricsink.Datum) error {
	m.data = append(m.data, data...)
	return errors.New("metrics are down, and that harms nothing")
}

type noSecrets struct{}

func (noSecrets) Read(context.Context, string) (string, error) { return "agent-key-123456", nil }

type syncBuffer struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// meddling calls somebody whenever the pull request is read.
type meddling struct {
	Forge
	then func()
}

func (m meddling) Get(ctx context.Context, repository string, number int64) (forge.PullRequest, error) {
	pr, err := m.Forge.Get(ctx, repository, number)
	m.then()
	return pr, err
}

// stopping sends the signal as soon as a stage reports that it began.
type stopping struct {
	lock.Table
	stage contract.Stage
	stop  func()
}

func (s stopping) Heartbeat(ctx context.Context, k lock.Lock, arn string, now, expiresAt time.Time, p lock.Progress) error {
	err := s.Table.Heartbeat(ctx, k, arn, now, expiresAt, p)
	if p.Stage == s.stage {
		s.stop()
	}
	return err
}

var errGone = errors.New("gone")

// frozenRow is a lock whose row holds these parameters.
type frozenRow struct {
	lock.Holder
	text string
}

func (f frozenRow) Parameters(context.Context, lock.Lock) (string, error) { return f.text, nil }

// mute is a forge on which nothing can be said.
type mute struct{ Forge }

func (mute) Reply(context.Context, string, int64, forge.ReviewThread, string) error { return errGone }
