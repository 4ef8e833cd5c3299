// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"flag"
	"os"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// defaultSeeds is how many seeds a plain run of the tests has: some seconds' worth. `make chaos` runs thousands.
var defaultSeeds uint64 = 300

var (
	seeds    = flag.Uint64("seeds", 0, "how many seeds to run; 0 is some seconds' worth")
	first    = flag.Uint64("first", 1, "the first seed")
	allSeeds = flag.Bool("mutants", false, "search each mutant's first failing seed from seed 1")
)

func TestChaos(t *testing.T) {
	n := *seeds
	if n == 0 {
		n = defaultSeeds
	}
	if n == 1 && testing.Verbose() {
		if r := Run(*first, Mutant{}, os.Stdout); r.Err != nil {
			t.Fatalf("seed %d: %s", r.Seed, r.Err)
		}
		return
	}
	sum := RunMany(*first, n, runtime.GOMAXPROCS(0), Mutant{}, false)
	t.Log(sum)
	for _, r := range sum.Failed {
		t.Errorf("seed %d: %s\nreplay it: go test ./test/chaos -run TestChaos -seeds=1 -first=%d -v", r.Seed, r.Err, r.Seed)
	}
	if sum.Faults == 0 {
		t.Errorf("%d seeds had no fault: nothing was shown", sum.Seeds)
	}
}

// A failing seed is worth something only if it fails again: the same history to the last line.
func TestSeedsReplayExactly(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		var one, two bytes.Buffer
		a, b := Run(seed, Mutant{}, &one), Run(seed, Mutant{}, &two)
		if one.Len() == 0 {
			t.Errorf("seed %d has no history", seed)
		}
		if !bytes.Equal(one.Bytes(), two.Bytes()) || a != b {
			t.Errorf("seed %d went another way the second time: %+v, then %+v", seed, a, b)
		}
		if c := Run(seed, Mutant{}, nil); c != a {
			t.Errorf("seed %d went another way when it was not told: %+v, then %+v", seed, a, c)
		}
	}
}

func TestExpressions(t *testing.T) {
	row := attrs{"status": textValue("failed"), "fence": numberValue(7), "lockId": textValue("a")}
	values := attrs{":s": textValue("in_progress"), ":n": numberValue(8), ":t": textValue("N"), ":one": numberValue(1), ":a": textValue("a")}
	for expression, want := range map[string]bool{
		"attribute_not_exists(#lockId)":              false,
		"attribute_not_exists(#buildId)":             true,
		"#status <> :s":                              true,
		"#absent <> :s":                              false, // an absent attribute fulfils no comparison
		"#fence < :n AND #lockId = :a":               true,
		"#lockId < :n":                               false, // two types have no order
		"#lockId = :n OR attribute_type(#fence, :t)": true,
		"attribute_exists(#buildId) OR (attribute_type(#fence, :t) AND #status = :s)":        false,
		"attribute_not_exists(#lockId) OR #fence < :n AND (#status <> :s AND #lockId <> :a)": false,
	} {
		if got := conditionOf(expression)(row, values); got != want {
			t.Errorf("%s: got %t", expression, got)
		}
	}
	next := attrs{"status": row["status"], "fence": row["fence"], "lockId": row["lockId"]}
	updateOf("SET #fence = if_not_exists(#fence, :n) + :one, #new = if_not_exists(#gone, :n), #status = :s REMOVE #lockId, #absent")(row, next, values)
	if numberOf(next["fence"]) != 8 || numberOf(next["new"]) != 8 || textOf(next["status"]) != "in_progress" || next["lockId"] != nil {
		t.Errorf("the update made %v", next)
	}
	if _, ok := row["lockId"].(*types.AttributeValueMemberS); !ok {
		t.Error("the update changed the row that it read")
	}
}
