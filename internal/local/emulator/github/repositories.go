// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Files are files by their path, with slashes. Nil content takes a file away.
type Files map[string][]byte

// Text makes Files of texts.
func Text(files map[string]string) Files {
	out := make(Files, len(files))
	for name, content := range files {
		out[name] = []byte(content)
	}
	return out
}

// namePattern is what GitHub takes for the names of owners and repositories. It also keeps them inside Options.Dir.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

// CreateRepository makes "owner/name" with the files as the first commit on the default branch.
func (s *Server) CreateRepository(fullName, defaultBranch string, files Files) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.addRepository(fullName, defaultBranch)
	if err != nil {
		return err
	}
	return s.commit(repo, defaultBranch, "", files, "Initial commit")
}

// Fork makes a fork with all that the repository has.
func (s *Server) Fork(fullName, forkName string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, err := s.repository(fullName)
	if err != nil {
		return err
	}
	fork, err := s.addRepository(forkName, parent.defaultBranch)
	if err != nil {
		return err
	}
	fork.parent = parent
	_, err = git(fork.dir, nil, "fetch", "--quiet", parent.dir, "+refs/heads/*:refs/heads/*")
	return err
}

func (s *Server) addRepository(fullName, defaultBranch string) (*repository, error) {
	login, name, _ := strings.Cut(fullName, "/")
	if !namePattern.MatchString(login) || !namePattern.MatchString(name) || !validBranch(defaultBranch) {
		return nil, fmt.Errorf("%q with the default branch %q is not a repository's name", fullName, defaultBranch)
	}
	key := strings.ToLower(fullName)
	if _, exists := s.repos[key]; exists {
		return nil, fmt.Errorf("there is a repository %s already", fullName)
	}
	repo := &repository{
		owner: s.ensureOwner(login, true), name: name, defaultBranch: defaultBranch,
		dir: filepath.Join(s.dir, filepath.FromSlash(key)+".git"), createdAt: s.now(),
		issues: map[int]*issue{}, pulls: map[int]*pullRequest{}, statuses: map[string][]*commitStatus{},
	}
	if err := initBare(repo.dir, defaultBranch); err != nil {
		return nil, err
	}
	repo.databaseID, repo.nodeID = s.newID("R", repo)
	s.repos[key] = repo
	return repo, nil
}

// removeRepository deletes a repository with all that hangs on it. Its cards leave their boards; pull requests from it stay, without a head
// (https://docs.github.com/en/repositories/creating-and-managing-repositories/deleting-a-repository).
func (s *Server) removeRepository(repo *repository) error {
	delete(s.repos, strings.ToLower(repo.fullName()))
	for id, node := range s.nodes {
		if t := threadOf(node); node == any(repo) || t != nil && t.repo == repo {
			delete(s.nodes, id)
		}
		if reply, ok := node.(*comment); ok && reply.thread.repo == repo {
			delete(s.nodes, id)
		}
	}
	for _, board := range s.projects {
		board.cards = slices.DeleteFunc(board.cards, func(c *card) bool {
			t := threadOf(c.content)
			gone := t != nil && t.repo == repo
			if gone {
				delete(s.nodes, c.nodeID)
			}
			return gone
		})
	}
	for _, base := range s.repos {
		for _, pull := range base.pulls {
			if pull.headRepo == repo {
				pull.lastHead, pull.headRepo = pull.head(), nil
				if pull.open {
					pull.open, pull.closedAt, pull.updatedAt = false, s.now(), s.now()
				}
			}
		}
	}
	s.objects.forget(repo)
	if err := os.RemoveAll(repo.dir); err != nil {
		return fmt.Errorf("removing the repository: %w", err)
	}
	return nil
}

// PushFiles commits the files to a branch, as a push does. A branch that does not exist begins at the default one.
func (s *Server) PushFiles(fullName, branch string, files Files, message string) (commit string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(fullName)
	if err != nil {
		return "", err
	}
	base := ""
	if _, exists := repo.branchHead(branch); !exists {
		base = repo.defaultBranch
	}
	if err := s.commit(repo, branch, base, files, message); err != nil {
		return "", err
	}
	s.pushed(repo)
	commit, _ = repo.branchHead(branch)
	return commit, nil
}

// CreateBranch makes a branch at the head of another, or of the default one if from is empty.
func (s *Server) CreateBranch(fullName, branch, from string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(fullName)
	if err != nil {
		return err
	}
	if from == "" {
		from = repo.defaultBranch
	}
	head, found := repo.branchHead(from)
	if !found || !validBranch(branch) {
		return fmt.Errorf("cannot make the branch %q from %q of %s", branch, from, fullName)
	}
	_, err = git(repo.dir, nil, "update-ref", "refs/heads/"+branch, head, "")
	return err
}

// DeleteBranch deletes a branch. Its open pull requests are closed, as GitHub does.
func (s *Server) DeleteBranch(fullName, branch string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(fullName)
	if err != nil {
		return err
	}
	if _, found := repo.branchHead(branch); !found {
		return fmt.Errorf("%s has no branch %s", fullName, branch)
	}
	if _, err := git(repo.dir, nil, "update-ref", "-d", "refs/heads/"+branch); err != nil {
		return err
	}
	s.pushed(repo)
	return nil
}

// ProtectBranch adds a branch protection rule. Patterns are File.fnmatch's, of which * and ? are known here
// (https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches).
// Pushes over git to such a branch are refused.
func (s *Server) ProtectBranch(fullName, pattern string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(fullName)
	if err != nil {
		return err
	}
	if err := refusePushes(repo, pattern); err != nil {
		return err
	}
	rule := &protection{pattern: pattern}
	_, rule.nodeID = s.newID("BPR", rule)
	repo.protections = append(repo.protections, rule)
	return nil
}

func (r *repository) protection(branch string) *protection {
	for _, rule := range r.protections {
		if match, err := path.Match(rule.pattern, branch); err == nil && match {
			return rule
		}
	}
	return nil
}

// File reads a file at a branch's head.
func (s *Server) File(fullName, branch, name string) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	repo, err := s.repository(fullName)
	if err != nil {
		return nil, err
	}
	if !validBranch(branch) {
		return nil, fmt.Errorf("%q is not a branch's name", branch)
	}
	return git(repo.dir, nil, "cat-file", "blob", "refs/heads/"+branch+":"+name)
}

// BranchHead is the commit at a branch's head, and whether there is such a branch.
func (s *Server) BranchHead(fullName, branch string) (commit string, found bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	repo, err := s.repository(fullName)
	if err != nil {
		return "", false
	}
	return repo.branchHead(branch)
}

// commit writes one commit with one process: fast-import needs neither a work tree nor an index
// (https://git-scm.com/docs/git-fast-import).
func (s *Server) commit(repo *repository, branch, base string, files Files, message string) error {
	if !validBranch(branch) {
		return fmt.Errorf("%q is not a branch's name", branch)
	}
	parent, exists := repo.branchHead(branch)
	if !exists && base != "" {
		parent, exists = repo.branchHead(base)
	}
	var stream bytes.Buffer
	fmt.Fprintf(&stream, "commit refs/heads/%s\n", branch)
	fmt.Fprintf(&stream, "committer %s <%s@users.noreply.github.com> %d +0000\n",
		repo.owner.login, repo.owner.login, s.clock.Now().Unix())
	fmt.Fprintf(&stream, "data %d\n%s\n", len(message), message)
	if exists {
		fmt.Fprintf(&stream, "from %s\n", parent)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == "" || path.Clean(name) != name || path.IsAbs(name) || strings.HasPrefix(name, "..") ||
			strings.ContainsAny(name, "\n\"\x00") {
			return fmt.Errorf("%q is not a path in a repository", name)
		}
		content := files[name]
		if content == nil {
			fmt.Fprintf(&stream, "D %s\n", name)
			continue
		}
		fmt.Fprintf(&stream, "M %s inline %s\ndata %d\n%s\n", mode(content), name, len(content), content)
	}
	stream.WriteString("done\n") // without it, a stream that was cut off would count as whole
	_, err := git(repo.dir, stream.Bytes(), "fast-import", "--quiet", "--done", "--date-format=raw")
	return err
}

// mode makes scripts executable, which the content itself shows.
func mode(content []byte) string {
	if bytes.HasPrefix(content, []byte("#!")) {
		return "100755"
	}
	return "100644"
}
