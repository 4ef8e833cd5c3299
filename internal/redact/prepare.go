// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
)

// alternatives splits rules that are several, an assignment or something else, into one for each: they are looked for
// in different ways.
func alternatives(rules []*rule) []*rule {
	var all []*rule
	for _, r := range rules {
		parts := splitTop(r.Regex)
		if len(parts) == 1 || !strings.Contains(r.Regex, middle) {
			all = append(all, r)
			continue
		}
		for n, part := range parts {
			one := *r
			if one.Regex = part; n > 0 && strings.HasPrefix(parts[0], "(?i)") {
				one.Regex = "(?i)" + part
			}
			all = append(all, &one)
		}
	}
	return all
}

// splitTop splits an expression at each | that is in no group and no class.
func splitTop(regex string) []string {
	var parts []string
	depth, class, from := 0, false, 0
	for i := 0; i < len(regex); i++ {
		switch c := regex[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
			// A bracket that comes first belongs to the class.
			if i+1 < len(regex) && regex[i+1] == ']' {
				i++
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			parts = append(parts, regex[from:i])
			from = i + 1
		}
	}
	return append(parts, regex[from:])
}

// prepare works out how to look for a rule's matches. It returns the texts to look for, each with the place in the
// match that it is at.
func (r *rule) prepare() (map[string]int, error) {
	value, isAssigned, isOption := r.simplify()
	tree, err := syntax.Parse(r.source, syntax.Perl)
	if err != nil {
		return nil, err
	}
	// A match is looked for from where its trigger says that it begins, so this is what its first bytes must be in.
	r.sets, _ = positions(tree)
	r.bounded = startsAtBoundary(tree)
	r.measure(tree)

	texts, _ := literals(tree)
	known := useful(texts)
	offset := 0
	switch {
	case isAssigned && known:
		valueTree, err := syntax.Parse("(?i)"+value, syntax.Perl)
		if err != nil {
			return nil, err
		}
		r.way = assigned
		r.sets, _ = positions(valueTree)
	case isOption && known:
		r.way = option
	case known:
		r.way = prefixed
	default:
		r.way, texts = r.byKeyword(), r.Keywords
		if text, at := inner(r.sets); text != "" {
			r.way, texts, offset = prefixed, []string{text}, at
		}
	}
	triggers := map[string]int{}
	for _, t := range texts {
		triggers[t[:min(len(t), maxLiteral)]] = offset
	}
	r.at = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + r.source + `)`) })
	r.search = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(r.source) })
	return triggers, nil
}

// simplify takes out of the expression what only makes it slow, and says of what shape it is: an assignment, whose
// value's expression it returns, or a command's option.
func (r *rule) simplify() (value string, isAssigned, isOption bool) {
	r.source = r.Regex
	name, value, found := strings.Cut(r.Regex, middle)
	if found && strings.Contains(name, between) {
		// Without the word before the name, a match begins with the name.
		r.source = strings.ReplaceAll(r.Regex, lead, "")
		return value, true, false
	}
	_, tail, found := strings.Cut(r.Regex, afterCommand)
	if found && strings.HasPrefix(r.Regex, `\b`+command+`\b`) {
		// All that may be between command and option can go: finding the option is enough.
		r.source = "(?:-" + tail
		return "", false, true
	}
	return "", false, false
}

// slowProgram is how many states make an expression slow, where it can run over more than slowReach bytes: each of them
// is looked at for each byte.
const slowProgram, slowReach = 500, 1 << 10

// measure sets how much of a text the expression is given, and whether it is slow on it.
func (r *rule) measure(tree *syntax.Regexp) {
	if r.reach = maxMatch(tree); r.reach < 0 || r.reach > unboundedReach {
		r.reach = unboundedReach
	}
	// One byte more, for what an expression wants to see behind the match.
	r.reach++
	if n, ok := reaches[r.ID]; ok {
		r.reach = n
	}
	if r.reach > slowReach {
		program, err := syntax.Compile(tree.Simplify())
		r.slow = err != nil || len(program.Inst) > slowProgram
	}
	for _, text := range needs[r.ID] {
		r.needs = append(r.needs, []byte(text))
	}
	if r.loose = runsOverAll(tree); r.loose {
		keys := make([][]byte, 0, len(r.Keywords))
		for _, k := range r.Keywords {
			keys = append(keys, lowerAll([]byte(k)))
		}
		r.keys = newAutomaton(keys)
	}
}

// byKeyword is the way of a rule that only its keywords lead to: are they in the match, or somewhere else in the text?
func (r *rule) byKeyword() way {
	low := strings.ToLower(r.Regex)
	for _, k := range r.Keywords {
		if !strings.Contains(low, regexp.QuoteMeta(k)) {
			return anywhere
		}
	}
	return around
}

// stepwise reports that enough is known of a match's beginning to look for it byte by byte.
func (r *rule) stepwise() bool { return r.way == anywhere && len(r.sets) >= 4 }

// useful reports whether texts are worth looking for. Those that every address begins with are not.
func useful(texts []string) bool {
	for _, t := range texts {
		if len(t) < 2 || strings.HasPrefix(t, "http") {
			return false
		}
	}
	return len(texts) > 0
}

// inner is the longest text that every match has at one place.
func inner(sets []byteSet) (text string, offset int) {
	for i := 0; i < len(sets); i++ {
		var run []byte
		for j := i; j < len(sets) && len(run) < maxLiteral; j++ {
			b, ok := sets[j].letter()
			if !ok {
				break
			}
			run = append(run, b)
		}
		if len(run) >= 3 && len(run) > len(text) {
			text, offset = string(run), i
		}
		i += len(run)
	}
	if strings.HasPrefix(text, "http") {
		return "", 0
	}
	return text, offset
}

// startsAtBoundary reports whether an expression begins with \b.
func startsAtBoundary(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpWordBoundary:
		return true
	case syntax.OpCapture, syntax.OpConcat:
		return len(re.Sub) > 0 && startsAtBoundary(re.Sub[0])
	default:
		return false
	}
}
