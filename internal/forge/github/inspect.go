// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

const (
	// batchSize is how many queries go out in one call. GitHub gives a call up after ten seconds, and each query reads
	// a few git objects.
	batchSize = 20
	// archivedAgain is when an archived repository is looked at again.
	archivedAgain = 10 * time.Minute
	// maxTasks is how much of tasks.md is kept, in bytes.
	maxTasks = 256 << 10
)

// Inspect implements forge.Inspector.
func (f *Forge) Inspect(ctx context.Context, queries []forge.Query) ([]forge.Report, error) {
	reports := make([]forge.Report, len(queries))
	var batch []int // indices of queries
	for i, query := range queries {
		if _, _, err := split(query.Repository); err != nil {
			reports[i].Err = err
			continue
		}
		batch = append(batch, i)
	}
	for len(batch) > 0 {
		size := min(batchSize, len(batch))
		if err := f.inspect(ctx, queries, batch[:size], reports); err != nil {
			return nil, fmt.Errorf("looking up %d branches: %w", len(queries), err)
		}
		batch = batch[size:]
	}
	return reports, nil
}

// inspect makes one call. An answer that is too large is asked for again in halves, so that one huge file spoils only
// its own query.
func (f *Forge) inspect(ctx context.Context, queries []forge.Query, batch []int, reports []forge.Report) error {
	lookups := make([]lookup, len(batch))
	for slot, i := range batch {
		lookups[slot] = lookup{slot: slot, query: queries[i]}
	}
	document, variables := documentOf(lookups)
	failures, err := f.api.Query(ctx, opInspect, document.Interface(), variables)
	if errors.Is(err, githubapi.ErrTooLarge) {
		if len(batch) == 1 {
			reports[batch[0]].Err = err
			return nil
		}
		half := len(batch) / 2
		if err := f.inspect(ctx, queries, batch[:half], reports); err != nil {
			return err
		}
		return f.inspect(ctx, queries, batch[half:], reports)
	}
	if err != nil {
		return err
	}
	bySlot := make(map[string]githubapi.Failures, len(failures))
	for _, failure := range failures {
		bySlot[failure.Path[0]] = append(bySlot[failure.Path[0]], failure)
	}
	for slot, i := range batch {
		reports[i] = f.report(lookups[slot], document.Elem().Field(slot), bySlot[lookups[slot].alias()])
	}
	return nil
}

// report reads one query's part of the answer.
func (f *Forge) report(l lookup, answer reflect.Value, failures githubapi.Failures) forge.Report {
	for _, failure := range failures {
		switch {
		case failure.Type == githubapi.TypeNotFound && failure.At(l.alias()):
			return forge.Report{Host: f.api.Host()}
		case failure.Type == githubapi.TypeNotFound && failure.At(l.alias(), "pullRequest"):
			// The pull request asked for does not exist: the report lists none.
		case failure.Type == githubapi.TypeForbidden && failure.At(l.alias(), "ref", "branchProtectionRule"):
			// Only administrators may read the rule. Whether there is one, refUpdateRule shows to everybody.
		default:
			return forge.Report{Err: fmt.Errorf("looking up %s: %w", l.query.Repository, failure.Classified())}
		}
	}
	report := forge.Report{Host: f.api.Host()}
	if answer.IsNil() {
		return report
	}
	repository := answer.Elem()
	report.RepositoryFound = true
	report.RepositoryID = field[int64](repository, fieldDatabaseID)
	if report.RepositoryID == 0 {
		return forge.Report{Err: fault.NewRetryable(fault.CodeInvalidAnswer,
			fmt.Errorf("looking up %s: GitHub gave no database id; tried again later", l.query.Repository))}
	}
	if branch := field[*nameAnswer](repository, fieldDefaultBranch); branch != nil {
		report.DefaultBranch = githubapi.Cut(branch.Name, maxName)
	}
	if field[bool](repository, fieldArchived) {
		// It may be taken out of the archive again, so it is waited for.
		return forge.Report{Err: fault.NewWait(archivedAgain, fault.CodeAccessDenied,
			fmt.Errorf("the repository %s is archived, so nobody can push to it; take it out of the archive, or move the card away", l.query.Repository))}
	}
	report.PullRequests = pullRequests(repository, l.query.Repository)
	if ref := field[*refAnswer](repository, fieldRef); ref != nil && ref.Target != nil {
		report.BranchFound = true
		report.Commit = githubapi.Cut(ref.Target.OID, 64)
		report.Protected = ref.BranchProtectionRule != nil || ref.RefUpdateRule != nil
		report.SpecFiles, report.TasksText = specFiles(repository)
	}
	return report
}

// specFiles are those that exist as files, in the order in which they are written.
func specFiles(repository reflect.Value) (files []forge.SpecFile, tasks string) {
	for _, file := range specFileFields {
		blob := field[*blobAnswer](repository, file.field)
		if blob != nil && blob.Blob.ByteSize != nil {
			files = append(files, forge.SpecFile{Name: file.name, Size: *blob.Blob.ByteSize})
		}
	}
	text := field[*textAnswer](repository, fieldTasks)
	if text == nil || text.Blob.ByteSize == nil {
		return files, ""
	}
	files = append(files, forge.SpecFile{Name: tasksFile, Size: *text.Blob.ByteSize})
	return files, strings.ToValidUTF8(githubapi.Cut(text.Blob.Text, maxTasks), "")
}

// pullRequests are those that were asked for, each once, the open ones first.
func pullRequests(repository reflect.Value, asked string) []forge.PullRequest {
	var list []forge.PullRequest
	id := field[int64](repository, fieldDatabaseID)
	add := func(pull *pullAnswer) {
		if pull == nil || slices.ContainsFunc(list, func(p forge.PullRequest) bool { return p.Number == pull.Number }) {
			return
		}
		list = append(list, pull.pullRequest(id, asked))
	}
	add(field[*pullAnswer](repository, fieldPull))
	for _, name := range []string{fieldPulls, fieldRecent} {
		if many := field[*pullsAnswer](repository, name); many != nil {
			for _, pull := range many.Nodes {
				add(pull)
			}
		}
	}
	return list
}

// pullRequest is an answer of the repository with an id, as it was asked for. Where the head is in that repository it has
// its name, also after it was renamed or transferred: ids are compared, not names.
func (p *pullAnswer) pullRequest(id int64, asked string) forge.PullRequest {
	out := forge.PullRequest{
		Number: p.Number, URL: githubapi.Cut(p.URL, maxURL), State: p.State,
		HeadBranch: githubapi.Cut(p.HeadRefName, maxName),
	}
	if p.HeadRepository != nil {
		out.HeadRepository = githubapi.Cut(p.HeadRepository.NameWithOwner, maxName)
		if p.HeadRepository.DatabaseID == id && id != 0 {
			out.HeadRepository = asked
		}
	}
	return out
}
