// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "github.com/kiro-worker/kiro-worker/internal/worker/process"

// home says who a program is and where it may write.
type home struct {
	// user is the user's name, dir the home directory, temp the directory for temporary files.
	user, dir, temp string
}

// environment is a program's environment: what tool chains need of environ, what is given beside that, a home of its own, and
// the variables that are for this program alone.
func environment(environ, extra []string, h home, own []string) []string {
	env := append(process.AllowedEnv(environ, process.SafeEnv), extra...)
	env = append(env, "HOME="+h.dir, "USER="+h.user, "LOGNAME="+h.user, "SHELL=/bin/sh", "TMPDIR="+h.temp, "CI=true")
	return append(env, own...)
}
