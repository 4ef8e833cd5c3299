// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chaosreal holds the protocols against real processes, as package chaos holds them against simulated ones:
// the manager's own program over a real API server and over servers that speak GitHub's and AWS's protocols.
//
//	Lab       one API server for everything
//	World     one namespace with a board, a lock table and a CodeBuild project of its own, and a manager process
//	tap       every request of that manager passes it; here it is killed, frozen and recorded
//	worker    what a build does: it claims, works, is watched while it does, and releases
//	history   every operation on the lock table, in the order of the wire, held against a model of the rows
//
// A point is a place to die: one request of a clean run, by its name and its number, and whether the manager dies
// before the request has left, after it took effect and before the answer came, or so that the request is under way
// while the next manager already works. Each point is a run of its own: the manager is killed with SIGKILL there, a
// new one is started, and in the end everything must be as if nothing had happened.
package chaosreal
