// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package prbody makes the text that the worker puts into a pull request: its section of the body, and other people's
// titles made plain for commit messages. It is pure: it reads no state, calls no forge, and does not redact; whoever
// sends the text redacts it first.
package prbody
