// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package demo runs the whole system on one machine: the programs that run in production, on a real kube-apiserver
// and on servers that speak the protocols of GitHub and AWS. It puts cards on a board, watches what becomes of
// them and checks whether that is what should. cmd/kiro-local shows it to a person, test/e2e asserts it.
//
// A System is everything that runs; Run plays them on it and returns a Report.
package demo
