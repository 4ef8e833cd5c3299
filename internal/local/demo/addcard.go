// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// ReadyColumn is the column whose cards are worked on.
const ReadyColumn = columnReady

const (
	maxAnswer  = 1 << 20
	addTimeout = 10 * time.Second
)

// NewCard is a card that a person puts on the board of a running demo.
type NewCard struct {
	Title  string
	Spec   string // the name of one of the demo's specs, or a directory
	Column string
}

// AddedCard is a card that was put on the board.
type AddedCard struct {
	ID     string
	Branch string
}

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// AddCard puts a card on the board of the demo that runs in dir, through the emulator's own API for people.
func AddCard(ctx context.Context, dir string, c NewCard) (AddedCard, error) {
	where, err := readAddresses(dir)
	if err != nil {
		return AddedCard{}, err
	}
	slug := strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(c.Title), "-"), "-")
	if slug == "" {
		return AddedCard{}, errors.New("the title needs a letter or a digit: the branch is made from it")
	}
	branch := "feature/" + slug
	files, err := givenSpec(c.Spec, ".kiro/specs/"+branch)
	if err != nil {
		return AddedCard{}, err
	}
	body, err := json.Marshal(github.NewCard{
		Repository: Repository, Title: c.Title, Status: c.Column, Branch: branch, Files: files,
		PullRequest: true, Issue: true, Fields: map[string]string{branchField: branch},
	})
	if err != nil {
		return AddedCard{}, fmt.Errorf("encoding the card: %w", err)
	}
	var card github.Card
	if err := post(ctx, where.GitHub+"/_admin/cards", body, &card); err != nil {
		return AddedCard{}, fmt.Errorf("putting the card on the board: %w", err)
	}
	return AddedCard{ID: card.ID, Branch: branch}, nil
}

// givenSpec are the files of a spec that a person names.
func givenSpec(spec, specPath string) (map[string]string, error) {
	info, err := os.Stat(spec)
	if err != nil || !info.IsDir() {
		files, err := specFiles(spec, specPath)
		if err != nil {
			return nil, fmt.Errorf("%q is neither a directory nor one of the demo's specs (%s)", spec, strings.Join(specNames(), ", "))
		}
		return files, nil
	}
	files := map[string]string{}
	for _, name := range []string{"requirements.md", "design.md", "tasks.md"} {
		text, err := os.ReadFile(filepath.Join(spec, name))
		if err != nil {
			return nil, fmt.Errorf("reading the spec: %w", err)
		}
		files[path.Join(specPath, name)] = string(text)
	}
	return files, nil
}

func specNames() []string {
	names := map[string]bool{}
	for _, c := range Cards {
		names[c.Slug] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func post(ctx context.Context, url string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, addTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("is the demo still running? %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	return json.Unmarshal(answer, into)
}
