// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command cmd runs the simulation over many seeds, or prints one seed's history.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/kiro-worker/kiro-worker/test/chaos"
)

func main() {
	seeds := flag.Uint64("seeds", 1000, "how many seeds to run")
	first := flag.Uint64("first", 1, "the first seed")
	verbose := flag.Bool("v", false, "print the history of one seed: use with -first and -seeds=1")
	keepGoing := flag.Bool("all", false, "go on after a seed has failed")
	flag.Parse()
	debug.SetGCPercent(400) // a seed makes much garbage and keeps little

	var sum chaos.Sum
	if *verbose {
		sum.Add(chaos.Run(*first, chaos.Mutant{}, os.Stdout))
	} else {
		sum = chaos.RunMany(*first, *seeds, runtime.GOMAXPROCS(0), chaos.Mutant{}, *keepGoing)
	}
	for _, r := range sum.Failed {
		fmt.Printf("seed %d failed: %s\n\treplay it: go run ./test/chaos/cmd -seeds=1 -first=%d -v\n", r.Seed, r.Err, r.Seed)
	}
	fmt.Println(sum)
	if len(sum.Failed) > 0 {
		os.Exit(1)
	}
}
