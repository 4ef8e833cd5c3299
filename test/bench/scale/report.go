// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"time"
)

// line prints a measure: name, value, unit and a ratio to what it is compared with.
func line(name string, value float64, unit string, ratio float64, to string) {
	fmt.Fprintf(os.Stdout, "%s %.2f %s %.2fx %s\n", name, value, unit, ratio, to)
}

// say tells what is going on, beside the measures.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "scale: "+format+"\n", args...)
}

// await asks until the answer is yes.
func await(what string, patience, pause time.Duration, done func() (bool, error)) error {
	began := time.Now()
	for {
		ok, err := done()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case ok:
			return nil
		case time.Since(began) > patience:
			return fmt.Errorf("%s: not within %s", what, patience)
		}
		time.Sleep(pause)
	}
}
