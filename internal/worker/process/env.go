// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import "strings"

// SafeEnv are the names of variables that an untrusted program may see: what tool chains need to be found and to
// speak the right language. A name that ends in * means all that begin so. Nothing that may hold a credential
// is here: no AWS_*, no CODEBUILD_*, no npm_config_* (which may hold a registry's token).
var SafeEnv = []string{
	"PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "CI", "NO_COLOR", "FORCE_COLOR",
	"NODE_ENV", "NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "NVM_DIR",
	"JAVA_HOME", "M2_HOME", "GRADLE_HOME", "GOROOT", "GOPATH", "GOFLAGS", "GOTOOLCHAIN",
	"PYENV_ROOT", "RBENV_ROOT", "DOTNET_ROOT",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}

// AllowedEnv is the part of an environment (NAME=value each) whose names are allowed.
func AllowedEnv(environ, allowed []string) []string {
	var kept []string
	for _, entry := range environ {
		name, _, ok := strings.Cut(entry, "=")
		if ok && nameAllowed(name, allowed) {
			kept = append(kept, entry)
		}
	}
	return kept
}

func nameAllowed(name string, allowed []string) bool {
	for _, a := range allowed {
		if prefix, wild := strings.CutSuffix(a, "*"); a == name || wild && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
