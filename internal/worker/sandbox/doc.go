// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sandbox keeps what is not trusted apart from the worker: it says as which user and with which environment the
// agent, the setup command and the tests run, gives that user the checkout, and ends what it leaves running. It decides
// neither what is run nor what an exit code means, and it knows nothing of git.
package sandbox
