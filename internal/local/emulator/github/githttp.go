// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// gitPath is what a git client asks for
// (https://git-scm.com/docs/http-protocol). GitHub takes the name with and without ".git".
var gitPath = regexp.MustCompile(`^/([^/]+)/([^/]+?)(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack)$`)

func isGit(path string) bool { return gitPath.MatchString(path) }

func gitService(r *http.Request) string {
	if strings.HasSuffix(r.URL.Path, "/info/refs") {
		return r.URL.Query().Get("service")
	}
	return r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
}

// gitOperation distinguishes the two calls of a clone or a push: a fault in the first is before any effect.
func gitOperation(r *http.Request) string {
	service := strings.TrimPrefix(gitService(r), "git-")
	if strings.HasSuffix(r.URL.Path, "/info/refs") {
		return "git " + service + " refs"
	}
	return "git " + service
}

// backend is where git keeps its HTTP server.
var backend = sync.OnceValues(func() (string, error) {
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return "", fmt.Errorf("looking for git http-backend: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"), nil
})

// serveGit lets in by the token and leaves the rest to git. Status codes and texts are those that github.com gave to
// git clients: 401 for credentials that are missing or wrong, 404 for a repository that the token does not see, 403
// for a push without the permission.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	token, err := s.authenticate(r)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		message := "Authentication required."
		if errors.Is(err, errBadCredentials) {
			message = "Invalid username or token. Password authentication is not supported for Git operations."
		}
		writeText(w, http.StatusUnauthorized, message)
		return
	}
	parts := gitPath.FindStringSubmatch(r.URL.Path)
	s.mu.RLock()
	repo, err := s.repository(parts[1] + "/" + parts[2])
	s.mu.RUnlock()
	if err != nil || !token.sees(repo) || token.rights.Contents < Read {
		writeText(w, http.StatusNotFound, "Repository not found.")
		return
	}
	service := gitService(r)
	switch service {
	case "git-upload-pack":
	case "git-receive-pack":
		if token.rights.Contents < Write {
			writeText(w, http.StatusForbidden, "Permission to "+repo.fullName()+".git denied to "+token.user.login+".")
			return
		}
	default:
		writeText(w, http.StatusForbidden, "Please upgrade your git client.") // the dumb protocol
		return
	}
	s.runBackend(w, r, repo, token, parts[3])
	if service == "git-receive-pack" && r.Method == http.MethodPost {
		s.mu.Lock()
		s.pushed(repo)
		s.mu.Unlock()
	}
}

func (s *Server) runBackend(w http.ResponseWriter, r *http.Request, repo *repository, token *token, what string) {
	program, err := backend()
	if err != nil {
		writeText(w, http.StatusInternalServerError, err.Error())
		return
	}
	env := append(gitEnvironment(), "GIT_PROJECT_ROOT="+filepath.Dir(repo.dir), "GIT_HTTP_EXPORT_ALL=1",
		// http-backend takes pushes only from somebody.
		"REMOTE_USER="+token.user.login)
	inner := r.Clone(r.Context())
	inner.URL.Path = "/" + filepath.Base(repo.dir) + "/" + what
	// What the token is must not be in the environment of hooks.
	inner.Header.Del("Authorization")
	if protocol := r.Header.Get("Git-Protocol"); protocol != "" {
		env = append(env, "GIT_PROTOCOL="+protocol)
	}
	handler := cgi.Handler{Path: program, Root: "/", Env: env, Stderr: io.Discard}
	handler.ServeHTTP(w, inner)
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}

var hookPattern = regexp.MustCompile(`^[A-Za-z0-9*?/._-]+$`)

// refusePushes adds a pattern to the repository's update hook. The words are GitHub's (GH006).
func refusePushes(repo *repository, pattern string) error {
	if !hookPattern.MatchString(pattern) {
		return fmt.Errorf("the pattern %q has characters that the emulator does not support", pattern)
	}
	var script strings.Builder
	script.WriteString("#!/bin/sh\ncase \"$1\" in\n")
	for _, rule := range append(slices.Clone(repo.protections), &protection{pattern: pattern}) {
		fmt.Fprintf(&script, "refs/heads/%s) refused=1 ;;\n", rule.pattern)
	}
	script.WriteString("esac\n" +
		"[ -z \"$refused\" ] || { echo \"error: GH006: Protected branch update failed for $1.\" >&2; exit 1; }\n")
	hooks := filepath.Join(repo.dir, "hooks")
	if err := os.MkdirAll(hooks, 0o750); err != nil {
		return fmt.Errorf("protecting a branch: %w", err)
	}
	if err := os.WriteFile(filepath.Join(hooks, "update"), []byte(script.String()), 0o700); err != nil {
		return fmt.Errorf("protecting a branch: %w", err)
	}
	return nil
}
