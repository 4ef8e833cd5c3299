// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitrepo is the worker's own git repository and the checkout that the agent works in: it runs git, hands it
// credentials, fetches, commits and pushes one try each, says what changed, and reads and writes single files of the
// checkout. It tries nothing again, holds no lease, and knows neither stages nor outcomes.
//
// Two repositories share one checkout. The worker's own git directory (Repository) is out of the agent's reach, and only
// that one is ever used with credentials. The .git that the agent sees is a view, which is rebuilt before each task and
// which the worker never reads: whatever an agent writes into it, hooks or configuration, has no effect. All that
// touches the checkout is in WorkTree: its files are somebody else's, and may be links or pipes at any moment.
package gitrepo
