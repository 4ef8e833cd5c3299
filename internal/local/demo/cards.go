// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// sample is the repository that the cards are about, and a spec for each card.
//
//go:embed all:sample
var sample embed.FS

// The board's columns.
const (
	columnBacklog  = "Backlog"
	columnReady    = "For Implementation"
	columnProgress = "In Progress"
	columnReview   = "In Review"
	columnBlocked  = "Needs Attention"
)

// Card is one card of the demo's board, and what is to become of it.
type Card struct {
	// Slug names the spec under sample/specs and, with "feature/" before it, the branch.
	Slug string
	// Repository that it is about; empty is Repository.
	Repository string
	// Title of the card.
	Title string
	// Column that it is in at first.
	Column string
	// SpecLater keeps the spec back until the item waits for it.
	SpecLater bool
	// Review is what a reviewer says of the work once it is done; the card is then set to the ready column again. Empty is nothing.
	Review Review
	// Outcome is the reason of its item's Succeeded condition in the end; empty if no item may be made of it.
	Outcome string
	// EndColumn that it is in at the end.
	EndColumn string
	// Story says in one sentence what it shows.
	Story string
}

// Review is a reviewer's remark about a line.
type Review struct {
	File string
	Line int
	Text string
}

// Cards are the seven cards of the demo.
var Cards = []Card{
	{
		Slug: "discount", Title: "Discount codes", Column: columnReady,
		Outcome: v1alpha1.ReasonSucceeded, EndColumn: columnReview,
		Review: Review{File: "docs/discount.md", Line: 3, Text: "Please name the two codes here, with what each of them takes off."},
		Story:  "its work succeeds, and a second trigger answers the review",
	},
	{
		Slug: "shipping", Title: "Shipping costs", Column: columnReady,
		Outcome: v1alpha1.ReasonNoProgress, EndColumn: columnBlocked,
		Story: "its tests are red, and a repair changes nothing",
	},
	{
		Slug: "invoice", Title: "Invoices", Column: columnReady,
		Outcome: v1alpha1.ReasonCoverageTooLow, EndColumn: columnBlocked,
		Story: "its coverage is too low, also after a repair",
	},
	{
		Slug: "gift-wrap", Title: "Gift wrapping", Column: columnReady, SpecLater: true,
		Outcome: v1alpha1.ReasonSucceeded, EndColumn: columnReview,
		Story: "its spec comes later: it waits, and goes on once the spec is pushed",
	},
	{
		Slug: "loyalty", Title: "Loyalty points", Column: columnBacklog,
		EndColumn: columnBacklog,
		Story:     "it is not in the ready column: nothing happens",
	},
	{
		Slug: "returns", Title: "Returns", Column: columnReady,
		Outcome: v1alpha1.ReasonSucceeded, EndColumn: columnReview,
		Story: "its first try is red, and is repaired in round one",
	},
	{
		Slug: "exchange", Repository: goRepository, Title: "Exchange rates", Column: columnReady,
		Outcome: v1alpha1.ReasonSucceeded, EndColumn: columnReview,
		Story: "its repository is a Go module, with an environment and a test command of its own",
	},
}

// RepositoryName is the repository that the card is about.
func (c Card) RepositoryName() string {
	if c.Repository != "" {
		return c.Repository
	}
	return Repository
}

// Branch of the card.
func (c Card) Branch() string { return "feature/" + c.Slug }

// SpecPath of the card in the repository.
func (c Card) SpecPath() string { return ".kiro/specs/" + c.Branch() }

// repositoryFiles are the sample repository's files on its default branch.
func repositoryFiles() (map[string]string, error) { return filesUnder("sample/repository", "") }

// goRepositoryFiles are those of the Go module. They have another ending here, as a module within this one could not be
// embedded.
func goRepositoryFiles() (map[string]string, error) {
	files, err := filesUnder("sample/rates", "")
	named := map[string]string{}
	for name, text := range files {
		named[strings.TrimSuffix(name, ".txt")] = text
	}
	return named, err
}

// specFiles are a card's spec files, by their paths in the repository.
func specFiles(slug, specPath string) (map[string]string, error) {
	return filesUnder("sample/specs/"+slug, specPath)
}

func filesUnder(dir, target string) (map[string]string, error) {
	files := map[string]string{}
	err := fs.WalkDir(sample, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := sample.ReadFile(name)
		if err != nil {
			return err
		}
		files[path.Join(target, strings.TrimPrefix(name, dir+"/"))] = string(text)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sample: %w", err)
	}
	return files, nil
}
