// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package agent runs a coding agent on one task of a spec, and reads and marks the list of tasks. It decides neither whether
// a task is done nor whether it is tried again.
//
// It reads tasks.md, says which tasks are open and in which order, has the agent's command line made by its preset (package
// preset), and runs it within bounds (package process). An agent's exit code says little, so the outcome is what was
// observed, and the caller looks at the diff, at the task's box and at the tests.
package agent
