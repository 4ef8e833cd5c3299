// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command redact measures internal/redact beside gitleaks on the same input, on one core. It prints one line a
// measure: name, value, unit, and a ratio to what it is compared with.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

const mega = 1 << 20

func main() {
	runtime.GOMAXPROCS(1)
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	text := logs(1, 8*mega)
	known := redact.New(redact.Options{Known: secrets(), KnownOnly: true})
	all := redact.New(redact.Options{Known: secrets()})

	knownSpeed, err := speed(text, func() error { return through(known, text) })
	if err != nil {
		return err
	}
	allSpeed, err := speed(text, func() error { return through(all, text) })
	if err != nil {
		return err
	}
	detector, err := scanner()
	if err != nil {
		return err
	}
	// gitleaks reads files in pieces of this size, and takes long for each.
	piece := text[:100_000]
	theirs, err := speed(piece, func() error { detector.DetectBytes(piece); return nil })
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "redact_known %.0f MB/s %.0fx gitleaks\n", knownSpeed, knownSpeed/theirs)
	fmt.Fprintf(out, "redact_rules %.0f MB/s %.0fx gitleaks\n", allSpeed, allSpeed/theirs)
	fmt.Fprintf(out, "gitleaks_scan %.2f MB/s 1x gitleaks\n", theirs)
	slowest, err := slowest(all)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "redact_adversarial %.1f MB/s %.2fx redact_rules\n", slowest, slowest/allSpeed)
	line, short := memory(all, 200*mega), memory(all, 20*mega)
	fmt.Fprintf(out, "redact_memory_200MB_line %.1f MiB %.1fx 20MB_line\n", line, line/short)
	return nil
}

// adversarial are texts that are made of what the slowest rules look for.
var adversarial = []string{
	"kind: secret\ndata:\n a: b\n", "kind: secret data: a: abcdefghij0123456789\n", "data:\n a: b\n kind: \"secret\"\n", "secret data: ",
	"-----BEGIN PRIVATE KEY-----\n", "curl -u a -H 'x: y' ",
}

// slowest is the speed at which the worst of them is redacted.
func slowest(r *redact.Redactor) (float64, error) {
	least := 0.0
	for _, unit := range adversarial {
		text := bytes.Repeat([]byte(unit), mega/len(unit))
		now, err := speed(text, func() error { return through(r, text) })
		if err != nil {
			return 0, err
		}
		if least == 0 || now < least {
			least = now
		}
	}
	return least, nil
}

// secrets are as many known values as a build has.
func secrets() []string {
	all := []string{`{"appID":"123456","privateKey":"` + string(bytes.Repeat([]byte("MIIEowIBAAKCAQEA7bq3"), 80)) + `"}`}
	for i := range 6 {
		all = append(all, "kiro-demo-value-"+strconv.Itoa(i*7919)+"-aG93ZHk")
	}
	return all
}

func through(r *redact.Redactor, text []byte) error {
	w := redact.NewWriter(io.Discard, r)
	for rest := text; len(rest) > 0; {
		n := min(len(rest), 32<<10)
		if _, err := w.Write(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return w.Close()
}

// speed is the best of several runs, in MB (10^6 bytes) a second of a core's time: what else runs on the machine only
// slows down.
func speed(text []byte, f func() error) (float64, error) {
	best := 0.0
	for range 5 {
		start := cpuTime()
		if err := f(); err != nil {
			return 0, err
		}
		best = max(best, float64(len(text))/1e6/(cpuTime()-start).Seconds())
	}
	return best, nil
}

// cpuTime is how long this process has had a core.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is how much the heap grew, in MiB, while a line of so many bytes went through.
func memory(r *redact.Redactor, size int) float64 {
	piece := bytes.ReplaceAll(logs(2, mega), []byte("\n"), []byte(" "))
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	most := uint64(0)
	w := redact.NewWriter(io.Discard, r)
	for written := 0; written < size; written += len(piece) {
		// A writer to io.Discard cannot fail.
		_, _ = w.Write(piece)
		runtime.GC()
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > before.HeapAlloc {
			most = max(most, now.HeapAlloc-before.HeapAlloc)
		}
	}
	_ = w.Close()
	return float64(most) / mega
}
