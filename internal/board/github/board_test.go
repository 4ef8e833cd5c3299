// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

const listCall = "query " + opList

func TestThreeHundredCardsTakeThreeCalls(t *testing.T) {
	w := newWorld(t)
	ids := w.cards(t, 300)
	schema := w.schema(t)
	listing, err := w.board.List(t.Context(), w.ref, schema, "")
	check(t, err)
	if len(listing.Cards) != 300 || listing.Filtered {
		t.Fatalf("%d cards, filtered %t", len(listing.Cards), listing.Filtered)
	}
	for i, card := range listing.Cards {
		if card.ID != ids[i] {
			t.Fatalf("card %d is %s, want %s", i, card.ID, ids[i])
		}
	}
	if got := w.calls(listCall); got != 3 {
		t.Errorf("%d calls, want 3", got)
	}
	if rate := w.board.RateLimit(); !rate.Known || rate.Remaining != 5000-4 || !rate.ResetAt.Equal(epoch.Add(time.Hour)) {
		t.Errorf("three pages and one resolving cost a point each; left is %+v", rate)
	}
}

func TestCardsOfEveryType(t *testing.T) {
	w := newWorld(t)
	check(t, w.CreateBranch(repository, "feature/cart", ""))
	check(t, w.Fork(repository, "stranger/shop"))
	_, err := w.PushFiles("stranger/shop", "feature/fork", emulator.Text(map[string]string{"a": "b"}), "x")
	check(t, err)

	number, issue, err := w.CreateIssue(emulator.Issue{Repository: repository, Title: "An\nissue " + strings.Repeat("x", 500)})
	check(t, err)
	issueCard, err := w.AddCard(w.project, issue)
	check(t, err)
	check(t, w.SetTextField(issueCard, "Branch", "feature/issue"))
	w.clock.SetTime(epoch.Add(time.Minute))
	check(t, w.MoveCard(issueCard, ready))

	pull, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "A pull", Head: "feature/cart"})
	check(t, err)
	pullCard, err := w.AddCard(w.project, pull.ID)
	check(t, err)
	fork, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "A fork", Head: "feature/fork", HeadRepository: "stranger/shop"})
	check(t, err)
	forkCard, err := w.AddCard(w.project, fork.ID)
	check(t, err)
	draftCard, err := w.AddDraft(w.project, "A draft", "")
	check(t, err)
	_, hidden, err := w.CreateIssue(emulator.Issue{Repository: repository, Title: "Hidden"})
	check(t, err)
	hiddenCard, err := w.AddCard(w.project, hidden)
	check(t, err)
	check(t, w.MoveCard(hiddenCard, ready))
	check(t, w.RedactCard(hiddenCard))
	check(t, w.ArchiveCard(draftCard, true))

	schema := w.schema(t)
	later := epoch.Add(time.Minute)
	want := []board.Card{
		{
			ID: issueCard, Type: board.TypeIssue, ContentID: issue, Number: number, URL: w.url + fmt.Sprintf("/acme/shop/issues/%d", number),
			Title: "An issue " + strings.Repeat("x", maxTitle-len("An issue ")), CreatedAt: epoch, UpdatedAt: later, Repository: repository,
			Status: ready, StatusOptionID: schema.ReadyOptionID, StatusUpdatedAt: later, BranchField: "feature/issue",
		},
		{
			ID: pullCard, Type: board.TypePullRequest, ContentID: pull.ID, Number: pull.Number, URL: pull.URL, Title: "A pull",
			CreatedAt: later, UpdatedAt: later, Repository: repository, HeadBranch: "feature/cart", HeadRepository: repository,
		},
		{
			ID: forkCard, Type: board.TypePullRequest, ContentID: fork.ID, Number: fork.Number, URL: fork.URL, Title: "A fork",
			CreatedAt: later, UpdatedAt: later, Repository: repository, HeadBranch: "feature/fork", HeadRepository: "stranger/shop",
		},
		{ID: draftCard, Type: board.TypeDraft, Title: "A draft", CreatedAt: later, UpdatedAt: later, Archived: true},
		{ID: hiddenCard, Type: board.TypeRedacted, Status: ready, StatusOptionID: schema.ReadyOptionID, StatusUpdatedAt: later, UpdatedAt: later},
	}
	listing, err := w.board.List(t.Context(), w.ref, schema, "")
	check(t, err)
	if diff := cmp.Diff(want, listing.Cards); diff != "" {
		t.Errorf("listing: -want +got:\n%s", diff)
	}
	ids := []string{"PVTI_gone"}
	wantCards := map[string]board.Card{}
	for _, card := range want {
		ids = append(ids, card.ID)
		wantCards[card.ID] = card
	}
	cards, err := w.board.Cards(t.Context(), w.ref, ids)
	check(t, err)
	if diff := cmp.Diff(wantCards, cards); diff != "" {
		t.Errorf("a card read directly is another than in the listing: -want +got:\n%s", diff)
	}

	w.ref.BranchField = ""
	listing, err = w.board.List(t.Context(), w.ref, schema, "")
	check(t, err)
	if listing.Cards[0].BranchField != "" {
		t.Errorf("a branch field was read that nobody named: %q", listing.Cards[0].BranchField)
	}
}

func TestQueryIsAppliedByGitHub(t *testing.T) {
	w := newWorld(t)
	ids := w.cards(t, 150)
	check(t, w.MoveCard(ids[140], ready))
	listing, err := w.board.List(t.Context(), w.ref, w.schema(t), `status:"For Implementation"`)
	check(t, err)
	if len(listing.Cards) != 1 || listing.Cards[0].ID != ids[140] || !listing.Filtered {
		t.Errorf("%+v", listing)
	}
	if got := w.calls(listCall); got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
}

func TestHalfAListingIsNone(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	page := func(cursor string, next bool, nodes, errors string) faults.Fault {
		return faults.Fault{Status: 200, Header: header("Content-Type", "application/json"), Body: fmt.Sprintf(
			`{"data":{"node":{"items":{"pageInfo":{"hasNextPage":%t,"endCursor":%q},"nodes":%s}}},"errors":%s}`, next, cursor, nodes, errors)}
	}
	cases := map[string]struct {
		why    string
		nth    int
		lasts  int // so many calls more have the fault
		fault  faults.Fault
		code   fault.Code
		isWait bool
	}{
		"FirstPage":     {why: "Nothing was read.", nth: 1, lasts: 5, fault: faults.Fault{Status: 502, Body: "<html>"}, code: fault.CodeUnreachable},
		"SecondPage":    {why: "The rest of the board is missing.", nth: 2, lasts: 5, fault: faults.Fault{Status: 502, Body: "<html>"}, code: fault.CodeUnreachable},
		"Cut":           {why: "The connection broke in the middle of a page.", nth: 2, fault: faults.Fault{Truncate: true}, code: fault.CodeUnreachable},
		"Dropped":       {why: "The connection broke before a page.", nth: 3, fault: faults.Fault{Drop: true}, code: fault.CodeUnreachable},
		"HTML":          {why: "A proxy's log-in page is not a page of cards.", nth: 2, fault: faults.Fault{NotJSON: true, Status: 200}, code: fault.CodeInvalidAnswer},
		"Hole":          {why: "A card that came as null may be any card.", nth: 2, fault: page("x", false, `[null]`, `[]`), code: fault.CodeInvalidAnswer},
		"NoCursor":      {why: "A next page is promised and cannot be asked for.", nth: 2, fault: page("", true, `[]`, `[]`), code: fault.CodeInvalidAnswer},
		"PartialErrors": {why: "An error beside good cards still leaves the page incomplete.", nth: 2, fault: page("x", false, `[]`, `[{"message":"Something went wrong","path":["node","items"]}]`), code: fault.CodeUnreachable},
		"LimitIn200": {why: "The primary limit comes as 200.", nth: 2, fault: faults.Fault{Status: 200,
			Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(epoch.Add(time.Minute).Unix())),
			Body:   `{"data":null,"errors":[{"type":"RATE_LIMITED","message":"x"}]}`}, code: fault.CodeRateLimited, isWait: true},
		"LimitIn403": {why: "A secondary one as 403 with a time.", nth: 3, fault: faults.Fault{Status: 403, Header: header("Retry-After", "60"), Body: `{"message":"x"}`},
			code: fault.CodeRateLimited, isWait: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cards(t, 201)
			schema := w.schema(t)
			for n := range c.lasts + 1 {
				w.fail(listCall, c.nth+n, c.fault)
			}
			listing, err := w.board.List(t.Context(), w.ref, schema, "")
			if fault.CodeOf(err) != c.code || fault.IsTerminal(err) {
				t.Errorf("%s\ngot %v (%q), want %q", c.why, err, fault.CodeOf(err), c.code)
			}
			if len(listing.Cards) != 0 {
				t.Errorf("%s\n%d cards of half a board were given out", c.why, len(listing.Cards))
			}
			if c.isWait {
				wait, ok := fault.AsWait(err)
				before := w.calls(listCall)
				_, err = w.board.List(t.Context(), w.ref, schema, "")
				if _, again := fault.AsWait(err); !ok || !again || wait.After != time.Minute || w.calls(listCall) != before {
					t.Errorf("%s\nthe next call must wait without being made: %v", c.why, err)
				}
				w.clock.SetTime(epoch.Add(time.Minute))
			}
			listing, err = w.board.List(t.Context(), w.ref, schema, "")
			if err != nil || len(listing.Cards) != 201 {
				t.Errorf("%s\nthe listing after it: %d cards, %v", c.why, len(listing.Cards), err)
			}
		})
	}
}

func TestEndlessPagesEnd(t *testing.T) {
	w := newWorld(t)
	schema := w.schema(t)
	cursor := 0
	w.Faults().Add(faults.Rule{Service: emulator.Service, Operation: listCall, Fault: faults.Fault{Respond: func(rw http.ResponseWriter, _ *http.Request) {
		cursor++
		fmt.Fprintf(rw, `{"data":{"node":{"items":{"pageInfo":{"hasNextPage":true,"endCursor":"%d"},"nodes":[]}}}}`, cursor)
	}}})
	if _, err := w.board.List(t.Context(), w.ref, schema, ""); fault.CodeOf(err) != fault.CodeInvalidAnswer || cursor != maxPages {
		t.Errorf("%d pages: %v", cursor, err)
	}
	cursor = 0
	w.Faults().Clear()
	w.Faults().Add(faults.Rule{Service: emulator.Service, Operation: listCall, Fault: faults.Fault{Respond: func(rw http.ResponseWriter, _ *http.Request) {
		cursor++
		fmt.Fprint(rw, `{"data":{"node":{"items":{"pageInfo":{"hasNextPage":true,"endCursor":"same"},"nodes":[]}}}}`)
	}}})
	if _, err := w.board.List(t.Context(), w.ref, schema, ""); fault.CodeOf(err) != fault.CodeInvalidAnswer || cursor != 2 {
		t.Errorf("%d pages with one cursor: %v", cursor, err)
	}
}

func TestForbiddenContentIsRedacted(t *testing.T) {
	w := newWorld(t)
	schema := w.schema(t)
	w.fail(listCall, 1, faults.Fault{Status: 200, Body: `{"data":{"node":{"items":{"pageInfo":{"hasNextPage":false,"endCursor":null},
		"nodes":[{"id":"PVTI_1","type":"ISSUE","isArchived":false,"updatedAt":"2026-11-23T12:00:00Z","status":null,"branch":null,"content":null}]}}},
		"errors":[{"type":"FORBIDDEN","path":["node","items","nodes",0,"content"],"extensions":{"saml_failure":true},"message":"Resource protected by organization SAML enforcement."}]}`})
	listing, err := w.board.List(t.Context(), w.ref, schema, "")
	check(t, err)
	if len(listing.Cards) != 1 || listing.Cards[0].Type != board.TypeRedacted {
		t.Errorf("single sign-on hides one card's content, not the board: %+v", listing.Cards)
	}
}

func TestDocumentsOfAllOperationsAreValid(t *testing.T) {
	w := newWorld(t)
	id := w.cards(t, 1)[0]
	schema := w.schema(t)
	_, err := w.board.List(t.Context(), w.ref, schema, "")
	check(t, err)
	_, err = w.board.List(t.Context(), w.ref, schema, "status:Done")
	check(t, err)
	_, err = w.board.Cards(t.Context(), w.ref, []string{id})
	check(t, err)
	_, err = w.board.LinkedBranches(t.Context(), []string{id})
	check(t, err)
	_, err = w.board.BlockedBy(t.Context(), []string{id})
	check(t, err)
	check(t, w.board.SetStatus(t.Context(), schema, id, schema.ReadyOptionID))
	got := map[string]int{}
	for document := range w.documents.valid {
		operation, _, _ := strings.Cut(document, "(")
		got[operation]++
	}
	// The documents themselves are checked as they are sent: this is that none was left out.
	want := map[string]int{"query ResolveBoard": 1, "query ListCards": 2, "query ReadCards": 1, "query ReadLinkedBranches": 1, "query ReadBlockers": 1, "mutation SetCardStatus": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestListingABoardThatIsGone(t *testing.T) {
	w := newWorld(t)
	schema := w.schema(t)
	schema.ProjectID = "PVT_gone"
	if _, err := w.board.List(t.Context(), w.ref, schema, ""); fault.CodeOf(err) != fault.CodeNotFound || !fault.IsTerminal(err) {
		t.Errorf("got %v", err)
	}
}

func TestCardsAreReadInBatches(t *testing.T) {
	w := newWorld(t)
	ids := w.cards(t, 201)
	cards, err := w.board.Cards(t.Context(), w.ref, append(ids, "nonsense"))
	check(t, err)
	if len(cards) != 201 || w.calls("query "+opCards) != 3 {
		t.Errorf("%d cards by %d calls", len(cards), w.calls("query "+opCards))
	}
	w.fail("query "+opCards, 2, faults.Fault{Status: 502, Body: "x"})
	if cards, err = w.board.Cards(t.Context(), w.ref, ids); err == nil || cards != nil {
		t.Errorf("cards of a batch that failed would look as if they were gone: %d, %v", len(cards), err)
	}
	w.AddToken("ghp_none", "stranger", emulator.Rights{})
	if cards, err = w.as(t, "ghp_none").Cards(t.Context(), w.ref, ids); err != nil || len(cards) != 0 {
		t.Errorf("cards that cannot be seen are absent: %d, %v", len(cards), err)
	}
}

func TestLinkedBranches(t *testing.T) {
	w := newWorld(t)
	check(t, w.CreateRepository("acme/other", "main", emulator.Text(map[string]string{"a": "b"})))
	check(t, w.CreateBranch(repository, "one", ""))
	check(t, w.CreateBranch(repository, "two", ""))
	check(t, w.CreateBranch("acme/other", "three", ""))
	issues := make([]string, 3)
	for i := range issues {
		var err error
		_, issues[i], err = w.CreateIssue(emulator.Issue{Repository: repository, Title: "x"})
		check(t, err)
	}
	check(t, w.LinkBranch(issues[0], repository, "one"))
	check(t, w.LinkBranch(issues[1], repository, "one"))
	check(t, w.LinkBranch(issues[1], repository, "two"))
	check(t, w.LinkBranch(issues[1], "acme/other", "three"))
	check(t, w.LinkBranch(issues[2], repository, "deleted"))
	got, err := w.board.LinkedBranches(t.Context(), slices.Concat(issues, []string{"I_gone"}))
	check(t, err)
	if diff := cmp.Diff(map[string][]string{issues[0]: {"one"}, issues[1]: {"one", "two"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSetStatus(t *testing.T) {
	w := newWorld(t)
	id := w.cards(t, 1)[0]
	schema := w.schema(t)
	for range 2 { // idempotent
		check(t, w.board.SetStatus(t.Context(), schema, id, schema.Options["Done"]))
	}
	card, err := w.Card(id)
	check(t, err)
	if card.Status != "Done" {
		t.Errorf("the status is %q", card.Status)
	}
	for name, err := range map[string]error{
		"no such card":   w.board.SetStatus(t.Context(), schema, "PVTI_gone", schema.Options["Done"]),
		"no such option": w.board.SetStatus(t.Context(), schema, id, "ffffffff"),
	} {
		if err == nil || fault.CodeOf(err) == fault.CodeUnreachable {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.AddToken("ghp_read", "reader", emulator.ReadRights())
	if err := w.as(t, "ghp_read").SetStatus(t.Context(), schema, id, schema.ReadyOptionID); fault.CodeOf(err) != fault.CodeAccessDenied {
		t.Errorf("a token that may only read: %v", err)
	}
}

// Some pages of a hundred cards are answered 502 for ever where one of fifty works.
func TestAPageThatIsTooMuchIsHalved(t *testing.T) {
	w := newWorld(t)
	ids := w.cards(t, 230)
	schema := w.schema(t)
	for _, nth := range []int{2, 3} { // the second page, and again
		w.fail(listCall, nth, faults.Fault{Status: 502, Body: "<html>"})
	}
	listing, err := w.board.List(t.Context(), w.ref, schema, "")
	check(t, err)
	if len(listing.Cards) != len(ids) {
		t.Errorf("%d cards, want %d", len(listing.Cards), len(ids))
	}
	// 100, twice nothing, then 50, 50 and 30.
	if got := w.calls(listCall); got != 6 {
		t.Errorf("%d calls, want 6", got)
	}
}

// A card that the token may not see is counted and hides no other; what is absent then may be that card.
func TestACardThatIsHidden(t *testing.T) {
	w := newWorld(t)
	schema := w.schema(t)
	w.fail(listCall, 1, faults.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"data":{"node":{"items":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"nodes":[{"id":"a","type":"ISSUE"},null]}}},` +
			`"errors":[{"type":"FORBIDDEN","message":"x","path":["node","items","nodes",1]}]}`})
	listing, err := w.board.List(t.Context(), w.ref, schema, "")
	check(t, err)
	if len(listing.Cards) != 1 || listing.Hidden != 1 || !listing.Filtered {
		t.Errorf("%+v; want one card, one hidden, and nothing concluded from absence", listing)
	}
}

// The id of a card comes from an item, which anybody may have written, and the token sees more boards than the source's own.
func TestCardsOfOtherBoardsAreNotSeen(t *testing.T) {
	w := newWorld(t)
	mine := w.cards(t, 1)[0]
	var foreign []string
	for _, owner := range []string{"acme", "elsewhere"} {
		_, project := w.CreateProject(emulator.Project{Owner: owner, StatusOptions: []string{ready}})
		id, err := w.AddDraft(project, "Not yours", "")
		check(t, err)
		foreign = append(foreign, id)
	}
	seen, err := w.board.Cards(t.Context(), w.ref, append(foreign, mine))
	check(t, err)
	if len(seen) != 1 || seen[mine].ID != mine {
		t.Errorf("seen are %v", seen)
	}
}

func TestBlockedBy(t *testing.T) {
	w := newWorld(t)
	check(t, w.CreateRepository("acme/hidden", "main", emulator.Text(map[string]string{"a": "b"})))
	var issues []string
	for range 3 {
		_, id, err := w.CreateIssue(emulator.Issue{Repository: repository, Title: "x"})
		check(t, err)
		issues = append(issues, id)
	}
	_, hidden, err := w.CreateIssue(emulator.Issue{Repository: "acme/hidden", Title: "x"})
	check(t, err)
	for _, by := range []string{issues[1], issues[2], hidden} {
		check(t, w.BlockIssue(issues[0], by))
	}
	check(t, w.CloseIssue(issues[2]))
	got, err := w.board.BlockedBy(t.Context(), slices.Concat(issues[:2], []string{"I_gone"}))
	check(t, err)
	want := map[string][]board.Blocker{
		issues[0]: {{ContentID: issues[1], Repository: repository, Number: 2}, {ContentID: hidden, Repository: "acme/hidden", Number: 1}},
		issues[1]: {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	rights := emulator.ReadRights()
	rights.Repositories = []string{repository}
	w.AddToken("ghp_shop", "clerk", rights)
	if got, err = w.as(t, "ghp_shop").BlockedBy(t.Context(), issues[:1]); err != nil || len(got[issues[0]]) != 1 {
		t.Errorf("an issue that cannot be seen blocks nobody: %v, %v", got, err)
	}
	remaining := w.board.RateLimit().Remaining
	if _, err := w.board.BlockedBy(t.Context(), slices.Repeat(issues[:2], 50)); err != nil || remaining-w.board.RateLimit().Remaining > 1 {
		t.Errorf("a hundred issues cost %d points, %v", remaining-w.board.RateLimit().Remaining, err)
	}
}
