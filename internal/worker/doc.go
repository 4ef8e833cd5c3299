// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package worker is the pipeline that runs inside a build: its stages, the state that they leave to each other, the
// division of the build's time, and what an error makes of the attempt. How git, the lease, another user's processes, a
// Power, a report or a pull request's text work is in the packages below, which know no stage and no state.
//
// The stages are in one list in pipeline.go, a file each. Each is a small type whose fields are what it needs; its input
// is the State. CodeBuild runs them in its own phases, a process each, so that its console shows where a build is; what
// one phase leaves to the next is in a state file:
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
// Calls run one way: from the pipeline to the stages, to what they share (setup, workspace, publisher, retrier, progress),
// to the packages below.
package worker
