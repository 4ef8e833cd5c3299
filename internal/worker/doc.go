// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package worker is what runs inside a build: it claims the build's lock, lets an agent implement a spec's tasks,
// measures tests and coverage, and tells the pull request.
//
// The stages stand in one list in pipeline.go, a file each. CodeBuild runs them in its own phases, a process each, so
// that its console shows where a build is; what one phase leaves to the next lies in a state file:
//
//	pre_build    claim  checkout  validate  steer
//	build        agent  test  coverage
//	post_build   pull-request  upload
//	finally      cleanup, and whatever of the three last a failed phase left undone
//
// The first stage that fails decides the outcome. After it only pull-request, upload and cleanup run, so that a
// failure is explained as well as a success. A build that does not win the claim does nothing at all, and one that
// loses its lease stops and touches nothing more.
//
// Two repositories lie over one checkout. The worker's own git directory is out of the agent's reach, and only that
// one is ever used with credentials; the .git that the agent sees is a view which is made anew before each task. So
// whatever an agent writes into .git, hooks or configuration, the worker never reads it.
package worker
