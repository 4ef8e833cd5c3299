// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"
)

// The calls with which a program makes what a person makes in the browser: a repository, a branch, a file, a pull request.

// postRepository is https://docs.github.com/en/rest/repos/repos#create-an-organization-repository.
func (c *restCall) postRepository() (int, any, error) {
	org, ok := c.server.owners[strings.ToLower(c.params["org"])]
	if !ok || !org.organization {
		return 0, nil, errNotFound()
	}
	if err := c.need(c.token.rights.Administration, Write); err != nil {
		return 0, nil, err
	}
	var input struct {
		Name     string `json:"name"`
		Private  bool   `json:"private"` // every repository here is
		AutoInit bool   `json:"auto_init"`
	}
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	fullName := org.login + "/" + input.Name
	if _, err := c.server.repository(fullName); err == nil {
		return 0, nil, errNotCreated("name already exists on this account")
	}
	repo, err := c.server.addRepository(fullName, "main")
	if err != nil {
		return 0, nil, errNotCreated("name is invalid")
	}
	if input.AutoInit { // a commit with a README of the name (https://docs.github.com/en/rest/repos/repos, auto_init)
		if err := c.server.commit(repo, "main", "", Text(map[string]string{"README.md": "# " + input.Name}), "Initial commit"); err != nil {
			return 0, nil, err
		}
	}
	return http.StatusCreated, c.repositoryJSON(repo), nil
}

// errNotCreated is what GitHub's users quote of a repository that cannot be made; no page has it.
func errNotCreated(message string) error {
	return &restError{status: http.StatusUnprocessableEntity, message: "Repository creation failed.", details: []map[string]any{
		{"resource": "Repository", "code": "custom", "field": "name", "message": message}}}
}

// deleteRepository is https://docs.github.com/en/rest/repos/repos#delete-a-repository.
func (c *restCall) deleteRepository() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if c.token.rights.Administration < Write {
		if c.token.rights.Classic {
			return 0, nil, &restError{status: http.StatusForbidden, message: "Must have admin rights to Repository."}
		}
		return 0, nil, c.need(c.token.rights.Administration, Write)
	}
	if err := c.server.removeRepository(repo); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, nil
}

// postRef is https://docs.github.com/en/rest/git/refs#create-a-reference.
func (c *restCall) postRef() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.Contents, Write); err != nil {
		return 0, nil, err
	}
	var input struct{ Ref, SHA string }
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	unprocessable := func(message string) error {
		return &restError{status: http.StatusUnprocessableEntity, message: message}
	}
	branch, isBranch := strings.CutPrefix(input.Ref, "refs/heads/")
	switch {
	case !strings.HasPrefix(input.Ref, "refs/"):
		return 0, nil, unprocessable("Reference name must start with 'refs/'.")
	case !isBranch:
		return 0, nil, unprocessable("the GitHub emulator makes branches only")
	case !validBranch(branch):
		return 0, nil, unprocessable("Reference name is not valid.")
	case !c.isCommit(repo, input.SHA):
		return 0, nil, unprocessable("Object does not exist")
	}
	if _, exists := repo.branchHead(branch); exists {
		return 0, nil, unprocessable("Reference already exists")
	}
	if _, err := git(repo.dir, nil, "update-ref", input.Ref, input.SHA, ""); err != nil {
		return 0, nil, err
	}
	c.server.pushed(repo)
	return http.StatusCreated, map[string]any{
		"ref": input.Ref, "url": c.apiURL(repo, "git", input.Ref),
		"object": map[string]any{"type": "commit", "sha": input.SHA, "url": c.apiURL(repo, "git", "commits", input.SHA)},
	}, nil
}

// putContents is https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents.
func (c *restCall) putContents() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.Contents, Write); err != nil {
		return 0, nil, err
	}
	var input struct {
		Message string  `json:"message"`
		Content *string `json:"content"`
		Branch  string  `json:"branch"`
		SHA     string  `json:"sha"`
	}
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	if input.Branch == "" {
		input.Branch = repo.defaultBranch
	}
	head, found := repo.branchHead(input.Branch)
	if !found {
		return 0, nil, &restError{status: http.StatusNotFound, message: "Branch " + input.Branch + " not found"}
	}
	if input.Message == "" || input.Content == nil {
		return 0, nil, &restError{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\n\"message\", \"content\" weren't supplied."}
	}
	content, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(*input.Content, "\n", ""))
	if err != nil {
		return 0, nil, &restError{status: http.StatusUnprocessableEntity, message: "content is not valid Base64"}
	}
	path, status := c.params["path"], http.StatusCreated
	old, err := c.server.objects.get(c.request.Context(), repo, head+":"+path)
	switch {
	case err != nil:
		return 0, nil, err
	case old != nil && old.kind != "blob":
		return 0, nil, &restError{status: http.StatusUnprocessableEntity, message: path + " is a directory"}
	case old != nil && input.SHA == "":
		return 0, nil, &restError{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\n\"sha\" wasn't supplied."}
	case old != nil && input.SHA != old.oid:
		return 0, nil, &restError{status: http.StatusConflict, message: path + " does not match " + input.SHA}
	case old != nil:
		status = http.StatusOK
	}
	if err := c.server.commit(repo, input.Branch, "", Files{path: content}, input.Message); err != nil {
		return 0, nil, errInvalid("Commit", "path", err.Error())
	}
	c.server.pushed(repo)
	head, _ = repo.branchHead(input.Branch)
	return status, map[string]any{
		"content": map[string]any{"path": path, "type": "file", "size": len(content)},
		"commit":  map[string]any{"sha": head, "message": input.Message, "url": c.apiURL(repo, "git", "commits", head)},
	}, nil
}

// postPull is https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request, from a branch of the same repository.
func (c *restCall) postPull() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.PullRequests, Write); err != nil {
		return 0, nil, err
	}
	var input struct {
		Title, Head, Base, Body string
		Draft                   bool
	}
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	_, head, named := strings.Cut(input.Head, ":")
	if !named {
		head = input.Head
	}
	if refused := c.refusedPull(repo, head, input.Base, input.Title, input.Body); refused != nil {
		return 0, nil, refused
	}
	commit, _ := repo.branchHead(head)
	pull := &pullRequest{
		thread: c.server.newThread(repo, input.Title, input.Body, c.token.user.login), headRepo: repo, headRef: head, baseRef: input.Base,
		draft: input.Draft, lastHead: commit,
	}
	pull.databaseID, pull.nodeID = c.server.newID("PR", pull)
	repo.pulls[pull.number] = pull
	return http.StatusCreated, c.pullJSON(pull, true), nil
}

// refusedPull is why GitHub does not open a pull request, as its users quote it.
func (c *restCall) refusedPull(repo *repository, head, base, title, body string) error {
	invalid := func(field string) error {
		return &restError{status: http.StatusUnprocessableEntity, message: "Validation Failed", details: []map[string]any{
			{"resource": "PullRequest", "code": "invalid", "field": field}}}
	}
	commit, found := repo.branchHead(head)
	if !found {
		return invalid("head")
	}
	baseCommit, found := repo.branchHead(base)
	switch {
	case !found:
		return invalid("base")
	case strings.TrimSpace(title) == "":
		return errInvalid("PullRequest", "title", "title can't be blank")
	case utf8.RuneCountInString(body) > maxBody:
		return errInvalid("PullRequest", "body", "body is too long (maximum is 65536 characters)")
	}
	for _, other := range repo.pulls {
		if other.open && other.headRepo == repo && other.headRef == head && other.baseRef == base {
			return errInvalid("PullRequest", "", "A pull request already exists for "+repo.owner.login+":"+head+".")
		}
	}
	ahead, err := git(repo.dir, nil, "rev-list", "--max-count=1", commit, "^"+baseCommit)
	if err != nil {
		return err
	}
	if len(ahead) == 0 {
		return errInvalid("PullRequest", "", "No commits between "+base+" and "+head)
	}
	return nil
}
