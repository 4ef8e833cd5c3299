// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import "fmt"

// playwright is the state of reading what Playwright writes with --reporter=json. Each test has the results of its tries;
// what they come to is its status.
type playwright struct {
	counts
	suites, config bool
	errors         int64
}

func parsePlaywright(t *text) (counts, error) {
	var p playwright
	err := t.document(func(j *jsonReader, key string) error {
		switch key {
		case "config":
			p.config = true
		case "suites":
			p.suites = true
			return j.array(func() error { return p.suite(j) })
		case "errors":
			return j.array(func() error { p.errors++; return j.skip() })
		}
		return j.skip()
	})
	if !p.suites || !p.config {
		return counts{}, errOther
	}
	if p.errors > 0 && p.failed == 0 {
		// A file that does not load, or a global set-up that failed, has no test.
		p.fail("the run has errors outside its tests")
	}
	return p.counts, err
}

func (p *playwright) suite(j *jsonReader) error {
	if j.peek() != '{' {
		return j.skip()
	}
	return j.object(func(key string) error {
		switch key {
		case "suites":
			return j.array(func() error { return p.suite(j) })
		case "specs":
			return j.array(func() error { return p.spec(j) })
		}
		return j.skip()
	})
}

func (p *playwright) spec(j *jsonReader) error {
	if j.peek() != '{' {
		return j.skip()
	}
	title := ""
	return j.object(func(key string) error {
		switch key {
		case "title":
			var err error
			title, err = j.str()
			return err
		case "tests":
			return j.array(func() error { return p.test(j, title) })
		}
		return j.skip()
	})
}

func (p *playwright) test(j *jsonReader, title string) error {
	if j.peek() != '{' {
		return j.skip()
	}
	status := ""
	err := j.object(func(key string) error {
		if key != "status" {
			return j.skip()
		}
		var err error
		status, err = j.str()
		return err
	})
	p.knows(title)
	switch status {
	case "expected", "flaky":
		p.passed++
		p.saw(casePassed, title)
	case "skipped":
		p.skipped++
		p.saw(caseSkipped, title)
	default:
		p.fail(title)
		p.saw(caseFailed, title)
	}
	return err
}

// parseMocha reads what Mocha writes with --reporter=json: its sums, and lists of the tests that passed and so on.
func parseMocha(t *text) (counts, error) {
	var c counts
	stats := map[string]float64{}
	known := false
	lists := map[string]int64{}
	err := t.document(func(j *jsonReader, key string) error {
		switch {
		case key == "stats" && j.peek() == '{':
			known = true
			return j.object(func(key string) error {
				if key == "start" || key == "end" {
					return j.skip()
				}
				n, _, err := j.num()
				if len(stats) < 32 {
					stats[key] = n
				}
				return err
			})
		case key == "passes" || key == "failures" || key == "pending":
			return j.array(func() error {
				lists[key]++
				title, err := titleOf(j, "fullTitle")
				switch c.knows(title); key {
				case "failures":
					c.named(title)
					c.saw(caseFailed, title)
				case "pending":
					c.saw(caseSkipped, title)
				default:
					c.saw(casePassed, title)
				}
				return err
			})
		}
		return j.skip()
	})
	_, tests := stats["tests"]
	_, passes := stats["passes"]
	if !known || !tests || !passes {
		return counts{}, errOther
	}
	if err != nil {
		return counts{}, err
	}
	for name, to := range map[string]*int64{"passes": &c.passed, "failures": &c.failed, "pending": &c.skipped} {
		if *to, err = wholeNumber(stats[name]); err != nil {
			return counts{}, err
		}
	}
	if lists["failures"] > c.failed {
		return counts{}, fmt.Errorf("its numbers contradict each other: %d tests failed, but it counts %d", lists["failures"], c.failed)
	}
	c.names = c.names[:min(len(c.names), int(c.failed))]
	return c, nil
}

// titleOf is one text of an object.
func titleOf(j *jsonReader, want string) (title string, err error) {
	if j.peek() != '{' {
		return "", j.skip()
	}
	err = j.object(func(key string) error {
		if key != want {
			return j.skip()
		}
		var err error
		title, err = j.str()
		return err
	})
	return title, err
}

// parseRSpec reads what RSpec writes with --format json.
func parseRSpec(t *text) (counts, error) {
	var c counts
	examples, summary := false, false
	outside := float64(0)
	err := t.document(func(j *jsonReader, key string) error {
		switch {
		case key == "examples":
			examples = true
			return j.array(func() error { return example(j, &c) })
		case key == "summary" && j.peek() == '{':
			return j.object(func(key string) error {
				switch key {
				case "example_count":
					summary = true
				case "errors_outside_of_examples_count":
					var err error
					outside, _, err = j.num()
					return err
				}
				return j.skip()
			})
		}
		return j.skip()
	})
	if !examples || !summary && err == nil {
		return counts{}, errOther
	}
	if err != nil {
		return counts{}, err
	}
	n, err := wholeNumber(outside)
	if c.failed += n; n > 0 {
		c.named("errors outside of the examples")
	}
	return c, err
}

func example(j *jsonReader, c *counts) error {
	if j.peek() != '{' {
		return j.skip()
	}
	title, status := "", ""
	err := j.object(func(key string) error {
		var err error
		switch key {
		case "full_description":
			title, err = j.str()
		case "status":
			status, err = j.str()
		default:
			err = j.skip()
		}
		return err
	})
	switch c.knows(title); status {
	case "passed":
		c.passed++
		c.saw(casePassed, title)
	case "pending":
		c.skipped++
		c.saw(caseSkipped, title)
	default:
		c.fail(title)
		c.saw(caseFailed, title)
	}
	return err
}
