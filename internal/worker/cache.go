// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"os"

	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/worker/npmcache"
)

// packageCache is what npm downloaded in earlier builds. Setup is given it, and fills it before the agent runs. It saves time and
// nothing depends on it, so no failure of it ends an attempt.
type packageCache struct {
	// archive is where CodeBuild takes it from and puts it; empty is no cache.
	archive string
	// after is set for setups after the agent's first run: they are given the cache, and do not fill it.
	after bool
}

// restore puts it into the home that setup runs with.
func (c packageCache) restore(ctx context.Context, s *State, space workspace) {
	if c.archive == "" || space.local {
		return
	}
	var report npmcache.Report
	err := space.sandbox.Fill(func(home *os.Root) (err error) {
		report, err = npmcache.Restore(c.archive, home)
		return err
	})
	if err != nil {
		logging.Warn(logOf(ctx), "Could not restore the cache of npm", keyReason, err.Error())
		return
	}
	if report.Refused > 0 {
		s.note("Look twice: %d entries of the cache of npm were not what their names say, and were not used. An earlier build wrote them.", report.Refused)
	}
	logOf(ctx).Info("Restored the cache of npm", keyFiles, report.Blobs, keyBytes, report.Bytes, keyRefused, report.Refused)
}

// save takes what setup left. First is true of a build's first setup: no agent has run yet.
func (c packageCache) save(ctx context.Context, space workspace, first bool) {
	if c.archive == "" || space.local || c.after || !first {
		return
	}
	kept, err := space.sandbox.Kept()
	if err == nil {
		defer func() { _ = kept.Close() }()
		var report npmcache.Report
		if report, err = npmcache.Save(kept, c.archive); err == nil {
			logOf(ctx).Info("Saved the cache of npm", keyFiles, report.Blobs, keyBytes, report.Bytes, keyRefused, report.Refused)
			return
		}
	}
	logging.Warn(logOf(ctx), "Could not save the cache of npm", keyReason, err.Error())
}
