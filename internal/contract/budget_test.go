// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestBudgetKeys(t *testing.T) {
	at := time.Date(2026, 12, 31, 23, 30, 0, 0, time.FixedZone("west", -3600)) // the next year's by UTC
	project := contract.ProjectScope("arn:aws:codebuild:eu-west-1:111122223333:project/worker")
	for got, want := range map[string]string{
		contract.DayKey(project, at):                                             "budget#project/arn:aws:codebuild:eu-west-1:111122223333:project/worker#2027-01-01",
		contract.MonthKey(project, at):                                           "budget#project/arn:aws:codebuild:eu-west-1:111122223333:project/worker#2027-01",
		contract.DayKey(contract.BoardScope("GitHub.com", "Acme", 3), at):        "budget#board/github.com/acme/3#2027-01-01",
		contract.ItemKey(contract.CardKey(contract.ProviderGitHub, "PVTI_1")):    "budget#card#github/PVTI_1",
		contract.TriggersKey(contract.CardKey(contract.ProviderGitHub, "P"), at): "budget#card#github/P#triggers#2027-01-01",
		contract.NextDay(at).Format(time.RFC3339):                                "2027-01-02T00:00:00Z",
		contract.NextMonth(at).Format(time.RFC3339):                              "2027-02-01T00:00:00Z",
		contract.NextMonth(at.AddDate(0, -1, 0)).Format(time.RFC3339):            "2027-01-01T00:00:00Z",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestUsage(t *testing.T) {
	used, more := contract.Usage{Builds: 1, Seconds: 60, Millicredits: 500}, contract.Usage{Builds: 1, Seconds: 30}
	if got := used.Plus(more).Minus(used); got != more {
		t.Errorf("got %+v", got)
	}
	if !used.Within(contract.Unlimited) || used.Plus(more).Within(used) || !used.Within(used) {
		t.Error("an amount is within a limit that no part of it is over")
	}
	for millicredits, want := range map[int64]string{0: "", -1: "", 12500: "12.5", 1: "0.001", 100000: "100"} {
		if got := (contract.Usage{Millicredits: millicredits}).Credits(); got != want {
			t.Errorf("%d thousandths are %q, want %q", millicredits, got, want)
		}
	}
	if got := (contract.Usage{Seconds: 61}).Minutes(); got != 2 {
		t.Errorf("61 seconds are %d minutes begun", got)
	}
}
