// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"slices"
	"time"
)

// Issue says what issue to open.
type Issue struct {
	Repository string
	Title      string
	Body       string
	Author     string // a login; "octocat" if empty
	Labels     []string
}

// NewPullRequest says what pull request to open.
type NewPullRequest struct {
	Repository string // the base's
	Title      string
	Body       string
	Author     string // a login; "octocat" if empty
	Head       string // branch
	// HeadRepository is the fork that Head is of; the base's repository if empty.
	HeadRepository string
	Base           string // branch; the default one if empty
	Draft          bool
}

// PullRequest is a pull request as a person sees it.
type PullRequest struct {
	ID, URL, State, Title, Body    string
	Number                         int
	Draft                          bool
	HeadBranch, HeadCommit         string
	HeadRepository, BaseRepository string
	BaseBranch                     string
	Comments                       []Comment
	UpdatedAt                      time.Time
}

// Comment is a comment on an issue or a pull request.
type Comment struct {
	Author    string
	Body      string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// CommitStatus is one status of a commit.
type CommitStatus struct {
	Context     string
	State       string
	Description string
	TargetURL   string
	Creator     string
}

// CreateIssue opens an issue and returns its number and node id.
func (s *Server) CreateIssue(i Issue) (number int, id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(i.Repository)
	if err != nil {
		return 0, "", err
	}
	item := &issue{thread: s.newThread(repo, i.Title, i.Body, i.Author)}
	item.labels = i.Labels
	item.databaseID, item.nodeID = s.newID("I", item)
	repo.issues[item.number] = item
	return item.number, item.nodeID, nil
}

func (s *Server) newThread(repo *repository, title, body, author string) thread {
	if author == "" {
		author = "octocat"
	}
	repo.nextNumber++
	return thread{
		repo: repo, number: repo.nextNumber, title: title, body: body, open: true,
		author: s.ensureOwner(author, false), createdAt: s.now(), updatedAt: s.now(),
	}
}

// LinkBranch links a branch to an issue, as "Create a branch" on an issue does. The branch may be of another
// repository; it need not exist.
func (s *Server) LinkBranch(issueID, repository, branch string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.nodes[issueID].(*issue)
	if !ok {
		return fmt.Errorf("there is no issue %q", issueID)
	}
	repo, err := s.repository(repository)
	if err != nil {
		return err
	}
	link := &linkedBranch{repo: repo, name: branch}
	_, link.nodeID = s.newID("LB", link)
	item.linked = append(item.linked, link)
	return nil
}

// OpenPullRequest opens a pull request.
func (s *Server) OpenPullRequest(p NewPullRequest) (PullRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(p.Repository)
	if err != nil {
		return PullRequest{}, err
	}
	head := repo
	if p.HeadRepository != "" {
		if head, err = s.repository(p.HeadRepository); err != nil {
			return PullRequest{}, err
		}
	}
	if p.Base == "" {
		p.Base = repo.defaultBranch
	}
	commit, found := head.branchHead(p.Head)
	if !found {
		return PullRequest{}, fmt.Errorf("%s has no branch %q", head.fullName(), p.Head)
	}
	if _, found := repo.branchHead(p.Base); !found {
		return PullRequest{}, fmt.Errorf("%s has no branch %q", repo.fullName(), p.Base)
	}
	pull := &pullRequest{
		thread:   s.newThread(repo, p.Title, p.Body, p.Author),
		headRepo: head, headRef: p.Head, baseRef: p.Base, draft: p.Draft, lastHead: commit,
	}
	pull.databaseID, pull.nodeID = s.newID("PR", pull)
	repo.pulls[pull.number] = pull
	return pull.view(s.url), nil
}

// ClosePullRequest closes a pull request. With merged it is shown as merged; no branch is changed.
func (s *Server) ClosePullRequest(repository string, number int, merged bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pull, err := s.pull(repository, number)
	if err != nil {
		return err
	}
	pull.lastHead = pull.head()
	pull.open, pull.merged = false, merged
	pull.closedAt, pull.updatedAt = s.now(), s.now()
	return nil
}

// PullRequest reads a pull request back.
func (s *Server) PullRequest(repository string, number int) (PullRequest, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	pull, err := s.pull(repository, number)
	if err != nil {
		return PullRequest{}, err
	}
	return pull.view(s.url), nil
}

func (s *Server) pull(repository string, number int) (*pullRequest, error) {
	repo, err := s.repository(repository)
	if err != nil {
		return nil, err
	}
	pull, ok := repo.pulls[number]
	if !ok {
		return nil, fmt.Errorf("%s has no pull request %d", repository, number)
	}
	return pull, nil
}

func (p *pullRequest) view(base string) PullRequest {
	out := PullRequest{
		ID: p.nodeID, Number: p.number, URL: p.url(base), State: p.state(), Title: p.title, Body: p.body, Draft: p.draft,
		HeadBranch: p.headRef, HeadCommit: p.head(), BaseRepository: p.repo.fullName(), BaseBranch: p.baseRef,
		UpdatedAt: p.updatedAt,
	}
	if p.headRepo != nil {
		out.HeadRepository = p.headRepo.fullName()
	}
	for _, c := range p.comments {
		out.Comments = append(out.Comments, Comment{c.author.login, c.body, c.createdAt, c.updatedAt})
	}
	return out
}

// head is the branch's head for an open pull request, and what it was at the end for another.
func (p *pullRequest) head() string {
	if p.open && p.headRepo != nil {
		if commit, found := p.headRepo.branchHead(p.headRef); found {
			return commit
		}
	}
	return p.lastHead
}

// state is one of the enum PullRequestState.
func (p *pullRequest) state() string {
	switch {
	case p.merged:
		return "MERGED"
	case p.open:
		return "OPEN"
	default:
		return "CLOSED"
	}
}

func (t *thread) path(kind string) string {
	return fmt.Sprintf("/%s/%s/%d", t.repo.fullName(), kind, t.number)
}

func (p *pullRequest) url(base string) string { return base + p.path("pull") }

// pushed brings pull requests up to date after branches of repo changed: an open one follows its branch, and closes
// when the branch is deleted
// (https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-branches-in-your-repository).
func (s *Server) pushed(repo *repository) {
	for _, base := range s.repos {
		for _, pull := range base.pulls {
			if !pull.open || pull.headRepo != repo {
				continue
			}
			head, found := repo.branchHead(pull.headRef)
			switch {
			case !found:
				pull.open, pull.closedAt, pull.updatedAt = false, s.now(), s.now()
			case head != pull.lastHead:
				pull.lastHead, pull.updatedAt = head, s.now()
			}
		}
	}
}

func (s *Server) addComment(t *thread, author *owner, body string) *comment {
	c := &comment{thread: t, author: author, body: body, createdAt: s.now(), updatedAt: s.now()}
	c.databaseID, c.nodeID = s.newID("IC", c)
	t.comments = append(t.comments, c)
	t.updatedAt = s.now()
	return c
}

// AddComment comments on an issue or a pull request as a person.
func (s *Server) AddComment(contentID, author, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := threadOf(s.nodes[contentID])
	if t == nil {
		return fmt.Errorf("%q is neither an issue nor a pull request", contentID)
	}
	s.addComment(t, s.ensureOwner(author, false), body)
	return nil
}

func threadOf(node any) *thread {
	switch content := node.(type) {
	case *issue:
		return &content.thread
	case *pullRequest:
		return &content.thread
	default:
		return nil
	}
}

// CommitStatuses are all statuses ever set on a commit, oldest first.
func (s *Server) CommitStatuses(repository, commit string) ([]CommitStatus, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	repo, err := s.repository(repository)
	if err != nil {
		return nil, err
	}
	var out []CommitStatus
	for _, st := range repo.statuses[commit] {
		out = append(out, CommitStatus{st.context, st.state, st.description, st.targetURL, st.creator.login})
	}
	return out, nil
}

// latestStatuses is the newest status of each context, in the order of their contexts.
func (r *repository) latestStatuses(commit string) []*commitStatus {
	latest := map[string]*commitStatus{}
	for _, st := range r.statuses[commit] {
		latest[st.context] = st
	}
	out := make([]*commitStatus, 0, len(latest))
	for _, st := range latest {
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b *commitStatus) int { return int(a.databaseID - b.databaseID) })
	return out
}
