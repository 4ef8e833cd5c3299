// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// hostile are inputs that cost a parser most: what is repeated, with a number in place of %d, between a beginning and an end.
var hostile = []struct {
	name, begin, repeat, end string
	tests                    bool
}{
	{"Jest empty", `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"testResults":[`, `{},`, `{}]}`, true},
	{"Jest assertions", `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"testResults":[{"assertionResults":[`, `{"status":"failed","title":"%d"},`, `{}]}]}`, true},
	{"Jest one text", `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"x":"`, `\u0041aaaaaaa`, `"}`, true},
	{"Jest nested", `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"x":`, `[`, `1`, true},
	{"JUnit attributes", `<testsuite><testcase `, `a%d="" `, `/></testsuite>`, true},
	{"JUnit cases", `<testsuite>`, `<testcase name="%d"><failure/></testcase>`, `</testsuite>`, true},
	{"JUnit one value", `<testsuite><testcase name="`, `aaaaaaaa&#65;`, `"/></testsuite>`, true},
	{"JUnit text", `<testsuite><testcase name="a">`, `aaaaaaaa]]>`, `</testcase></testsuite>`, true},
	{"go test runs", ``, "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T%d\"}\n", ``, true},
	{"go test failures", ``, "{\"Action\":\"fail\",\"Package\":\"p%d\",\"Test\":\"T\"}\n", ``, true},
	{"TAP points", "TAP version 14\n", "not ok %d\n", "1..1\n", true},
	{"TAP one line", "TAP version 14\nok 1 ", "aaaaaaaa", "\n1..1\n", true},
	{"node:test", "", "✔ %d (1ms)\n", "ℹ tests 0\nℹ pass 0\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n", true},
	{"Playwright", `{"config":{},"suites":[{"specs":[`, `{"title":"%d","tests":[{"status":"expected"}]},`, `{}]}]}`, true},
	{"TRX", `<TestRun><Results>`, `<UnitTestResult testName="%d" outcome="Failed"/>`, `</Results></TestRun>`, true},
	{"Mocha", `{"stats":{"tests":1,"passes":1},"passes":[`, `{"fullTitle":"%d"},`, `{}]}`, true},
	{"RSpec", `{"version":"3","examples":[`, `{"full_description":"%d","status":"failed"},`, `{}],"summary":{"example_count":1,"failure_count":0}}`, true},
	{"NUnit", `<test-run>`, `<test-case fullname="%d" result="Failed"/>`, `</test-run>`, true},
	{"xUnit.net", `<assemblies><assembly>`, `<test name="%d" result="Fail"/>`, `</assembly></assemblies>`, true},

	{"Istanbul files", `{`, `"%d":{"statementMap":{},"s":{}},`, `"x":{"statementMap":{},"s":{}}}`, false},
	{"Istanbul statements", `{"a":{"statementMap":{`, `"%d":{"start":{"line":%d}},`, `"x":{}},"s":{}}}`, false},
	{"Istanbul counts", `{"a":{"statementMap":{},"s":{`, `"%d":1,`, `"x":1}}}`, false},
	{"Istanbul branches", `{"a":{"statementMap":{},"s":{},"b":{"1":[`, `1,`, `1]}}}`, false},
	{"Istanbul summary", `{"total":{"lines":{"total":1,"covered":1,"pct":1}}`, `,"%d":{"lines":{"total":1,"covered":1,"pct":1}}`, `}`, false},
	{"JaCoCo", `<report><package name="p">`, `<sourcefile name="%d"><line nr="%d" ci="1"/></sourcefile>`, `</package><counter type="LINE" missed="1" covered="1"/></report>`, false},
	{"Clover", `<coverage generated="1"><project><metrics statements="1" coveredstatements="1"/>`, `<file path="%d"/>`, `</project></coverage>`, false},
	{"Cobertura files", `<coverage>`, `<class filename="%d"><line number="1" hits="1"/></class>`, `</coverage>`, false},
	{"Cobertura branches", `<coverage><class filename="a">`, `<line number="%d" hits="1" condition-coverage="(1/2)"/>`, `</class></coverage>`, false},
	{"LCOV files", ``, "SF:%d\nend_of_record\n", ``, false},
	{"LCOV lines", "SF:a\n", "DA:%d00,1\n", "end_of_record\n", false},
	{"LCOV functions", "SF:a\n", "FN:%d,f%d\n", "end_of_record\n", false},
	{"LCOV branches", "SF:a\n", "BRDA:%d,0,0,1\n", "end_of_record\n", false},
	{"Go cover profile", "mode: set\n", "a.go:%d.1,2.2 1 1\n", "", false},
	{"SimpleCov", `{"RSpec":{"coverage":{`, `"%d":{"lines":[1]},`, `"x":{"lines":[1,null,0]}}}}`, false},
	{"SimpleCov lines", `{"RSpec":{"coverage":{"a.rb":{"lines":[`, `1,`, `0]}}}}`, false},
	{"llvm-cov", `{"data":[{"files":[`, `{"filename":"%d","summary":{"lines":{"count":1,"covered":1}}},`, `{}],"totals":{"lines":{"count":1,"covered":1}}}],"type":"llvm.coverage.json.export"}`, false},
	{"coverage.py", `{"meta":{"version":"7"},"files":{`, `"%d":{"executed_lines":[1],"missing_lines":[2]},`, `"x":{}},"totals":{"covered_lines":1,"num_statements":2}}`, false},
}

// writeHostile writes an input of a size.
func writeHostile(tb testing.TB, dir string, n int, size int) string {
	tb.Helper()
	h := hostile[n]
	name := filepath.Join(dir, "in")
	out, err := os.Create(name)
	if err != nil {
		tb.Fatal(err)
	}
	var chunk strings.Builder
	_, _ = out.WriteString(h.begin)
	for i, written := 0, len(h.begin); written < size-len(h.end)-256; i++ {
		part := strings.ReplaceAll(h.repeat, "%d", fmt.Sprint(i))
		written += len(part)
		if chunk.WriteString(part); chunk.Len() > 1<<20 {
			_, _ = out.WriteString(chunk.String())
			chunk.Reset()
		}
	}
	_, _ = out.WriteString(chunk.String() + h.end)
	if err := out.Close(); err != nil {
		tb.Fatal(err)
	}
	return name
}

// peakOf is how much more of the heap is in use while something runs, in bytes.
func peakOf(do func()) uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	debug.FreeOSMemory()
	before, peak := read(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			peak = max(peak, read())
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	<-done
	return peak - min(peak, before)
}

func readHostile(tb testing.TB, dir string, tests bool) {
	tb.Helper()
	var err error
	if tests {
		_, err = FindTests(dir, []string{"in"}, time.Time{})
	} else {
		_, err = FindCoverage(dir, []string{"in"}, time.Time{})
	}
	if err != nil && !errors.Is(err, ErrNotMeasured) {
		tb.Fatal(err)
	}
}

// What a report costs in memory is bounded, whatever its length. The benchmark below shows the same with the longest that
// are read.
func TestMemoryOfHostileReports(t *testing.T) {
	const size, limit = 2 << 20, 128 << 20
	for n, h := range hostile {
		dir := t.TempDir()
		writeHostile(t, dir, n, size)
		if peak := peakOf(func() { readHostile(t, dir, h.tests) }); peak > limit {
			t.Errorf("%s: %d MiB for %d MiB", h.name, peak>>20, size>>20)
		}
	}
}

// BenchmarkHostileReports reads the longest reports that there may be, and fails where one needs 256 MiB.
func BenchmarkHostileReports(b *testing.B) {
	for n, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			dir := b.TempDir()
			writeHostile(b, dir, n, maxFileBytes)
			b.SetBytes(maxFileBytes)
			var peak uint64
			for b.Loop() {
				peak = max(peak, peakOf(func() { readHostile(b, dir, h.tests) }))
			}
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			if peak > 256<<20 {
				b.Errorf("it needs %d MiB", peak>>20)
			}
		})
	}
}
