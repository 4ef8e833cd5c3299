// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// The admin API is for commands that play the people at a board: it puts cards on it, moves them and pushes to
// branches. GitHub has nothing like it. JSON in, JSON out, errors as {"message": ...}:
//
//	GET    /_admin/projects                 the boards
//	GET    /_admin/cards?project=ID         a board's cards; the first board without ID
//	POST   /_admin/cards                    NewCard -> Card
//	POST   /_admin/cards/{id}/status        {"status": "..."} -> Card
//	POST   /_admin/push                     Push -> {"commit": "..."}
//	GET    /_admin/pulls/{owner}/{repo}/{number}
//	POST   /_admin/faults                   faults.Rule
//	DELETE /_admin/faults                   takes all rules away

// NewCard says what card to put on a board, and what to make with it.
type NewCard struct {
	Project    string `json:"project,omitempty"` // node id; the first board if empty
	Repository string `json:"repository"`        // "owner/name"
	Title      string `json:"title"`
	Body       string `json:"body,omitempty"`
	Status     string `json:"status,omitempty"`
	// Branch is made, with Files in one commit, if it does not exist.
	Branch string            `json:"branch,omitempty"`
	Files  map[string]string `json:"files,omitempty"`
	// PullRequest opens one from Branch. Without Issue the card shows it; with Issue, or without PullRequest, the card
	// shows an issue that Branch is linked to.
	PullRequest bool `json:"pullRequest,omitempty"`
	Issue       bool `json:"issue,omitempty"`
	// Fields are values of text fields.
	Fields map[string]string `json:"fields,omitempty"`
}

// Push says what to push.
type Push struct {
	Repository string            `json:"repository"`
	Branch     string            `json:"branch"`
	Message    string            `json:"message"`
	Files      map[string]string `json:"files"`
}

// ProjectView is a board as a person sees it.
type ProjectView struct {
	ID     string `json:"id"`
	Owner  string `json:"owner"`
	Number int    `json:"number"`
	Title  string `json:"title"`
	URL    string `json:"url"`
}

func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		// A web page can send a form to a port on this machine, but not JSON without being asked first.
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			writeJSON(w, http.StatusUnsupportedMediaType, map[string]string{"message": "send application/json"})
			return
		}
	}
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*http.Request) (any, error){
		"GET /_admin/projects":                      func(*http.Request) (any, error) { return s.Projects(), nil },
		"GET /_admin/cards":                         s.adminCards,
		"POST /_admin/cards":                        s.adminNewCard,
		"POST /_admin/cards/{id}/status":            s.adminMoveCard,
		"POST /_admin/push":                         s.adminPush,
		"GET /_admin/pulls/{owner}/{repo}/{number}": s.adminPull,
		"POST /_admin/faults":                       s.adminFault,
		"DELETE /_admin/faults":                     func(*http.Request) (any, error) { s.faults.Clear(); return struct{}{}, nil },
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			answer, err := handle(r)
			if err != nil {
				writeJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
				return
			}
			writeJSON(w, http.StatusOK, answer)
		})
	}
	mux.ServeHTTP(w, r)
}

func decodeAdmin[T any](r *http.Request) (into T, err error) {
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxRESTBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&into); err != nil {
		return into, fmt.Errorf("the body is not the JSON that is expected: %w", err)
	}
	return into, nil
}

// Projects are all boards.
func (s *Server) Projects() []ProjectView {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := []ProjectView{}
	for _, p := range s.projects {
		out = append(out, ProjectView{ID: p.nodeID, Owner: p.owner.login, Number: p.number, Title: p.title, URL: p.url(s.url)})
	}
	return out
}

func (s *Server) projectOrFirst(id string) (string, error) {
	boards := s.Projects()
	if id != "" {
		return id, nil
	}
	if len(boards) == 0 {
		return "", errors.New("there is no board yet")
	}
	return boards[0].ID, nil
}

func (s *Server) adminCards(r *http.Request) (any, error) {
	board, err := s.projectOrFirst(r.URL.Query().Get("project"))
	if err != nil {
		return nil, err
	}
	cards, err := s.Cards(board)
	if cards == nil {
		cards = []Card{}
	}
	return cards, err
}

func (s *Server) adminNewCard(r *http.Request) (any, error) {
	card, err := decodeAdmin[NewCard](r)
	if err != nil {
		return nil, err
	}
	return s.PutCard(card)
}

func (s *Server) adminMoveCard(r *http.Request) (any, error) {
	input, err := decodeAdmin[struct {
		Status string `json:"status"`
	}](r)
	if err != nil {
		return nil, err
	}
	if err := s.MoveCard(r.PathValue("id"), input.Status); err != nil {
		return nil, err
	}
	return s.Card(r.PathValue("id"))
}

func (s *Server) adminPush(r *http.Request) (any, error) {
	push, err := decodeAdmin[Push](r)
	if err != nil {
		return nil, err
	}
	commit, err := s.PushFiles(push.Repository, push.Branch, Text(push.Files), push.Message)
	return map[string]string{"commit": commit}, err
}

func (s *Server) adminPull(r *http.Request) (any, error) {
	number := 0
	if _, err := fmt.Sscan(r.PathValue("number"), &number); err != nil {
		return nil, fmt.Errorf("%q is not a number", r.PathValue("number"))
	}
	return s.PullRequest(r.PathValue("owner")+"/"+r.PathValue("repo"), number)
}

func (s *Server) adminFault(r *http.Request) (any, error) {
	rule, err := decodeAdmin[faults.Rule](r)
	if err != nil {
		return nil, err
	}
	s.faults.Add(rule)
	return struct{}{}, nil
}

// PutCard makes a card with all that belongs to it. The status comes last, so that who polls the board meanwhile
// sees no card that is ready before its branch is there.
func (s *Server) PutCard(n NewCard) (Card, error) {
	board, err := s.projectOrFirst(n.Project)
	if err != nil {
		return Card{}, err
	}
	if n.Branch != "" {
		if _, exists := s.BranchHead(n.Repository, n.Branch); !exists || len(n.Files) > 0 {
			if _, err := s.PushFiles(n.Repository, n.Branch, Text(n.Files), n.Title); err != nil {
				return Card{}, err
			}
		}
	}
	contentID, err := s.newContent(n)
	if err != nil {
		return Card{}, err
	}
	id, err := s.AddCard(board, contentID)
	if err != nil {
		return Card{}, err
	}
	for field, text := range n.Fields {
		if err := s.SetTextField(id, field, text); err != nil {
			return Card{}, err
		}
	}
	if n.Status != "" {
		if err := s.MoveCard(id, n.Status); err != nil {
			return Card{}, err
		}
	}
	return s.Card(id)
}

func (s *Server) newContent(n NewCard) (id string, err error) {
	if n.PullRequest {
		pull, err := s.OpenPullRequest(NewPullRequest{Repository: n.Repository, Title: n.Title, Body: n.Body, Head: n.Branch})
		if err != nil || !n.Issue {
			return pull.ID, err
		}
	}
	_, id, err = s.CreateIssue(Issue{Repository: n.Repository, Title: n.Title, Body: n.Body})
	if err != nil || n.Branch == "" {
		return id, err
	}
	return id, s.LinkBranch(id, n.Repository, n.Branch)
}
