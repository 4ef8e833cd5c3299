// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
)

//go:generate go -C ../../hack/redactrules run . ../../internal/redact/rules.json

// ruleData is gitleaks' rules, under the licence in LICENSE.gitleaks. Its source field names their version.
//
//go:embed rules.json
var ruleData []byte

// ruleFile is what rules.json holds.
type ruleFile struct {
	Source string      `json:"source"`
	Allow  []allowList `json:"allow"`
	Rules  []*rule     `json:"rules"`
}

// rule is one kind of secret, and what is known about where to look for it. Its expression is slow, so it only
// confirms what cheaper looks have found likely.
type rule struct {
	ID       string      `json:"id"`
	Regex    string      `json:"regex"`
	Group    int         `json:"group"`
	Entropy  float64     `json:"entropy"`
	Keywords []string    `json:"keywords"`
	Allow    []allowList `json:"allow"`

	way way
	// bounded is true if a match must not follow a letter, a digit or an underscore.
	bounded bool
	// sets are what the bytes of a match must be in, from the place at which it is looked for.
	sets []byteSet
	// reach is how many bytes a match can have, and so how much the expression is given.
	reach int
	// source is the expression that is run, compile makes it on first use: most rules are never needed.
	source  string
	compile func() *regexp.Regexp
}

// way is how a rule's matches are looked for.
type way int

const (
	// prefixed: every match has one of a few texts at a fixed place.
	prefixed way = iota
	// assigned: a name, an operator, a value, as in most of the rules.
	assigned
	// around: a keyword stands somewhere in the match.
	around
	// anywhere: a keyword says that the text is about something, the match is somewhere in it.
	anywhere
)

// trigger is a text by which a rule's matches are looked for.
type trigger struct {
	rule *rule
	// length is the text's, offset is where in the match it begins.
	length, offset int
}

// unboundedReach is how much of a text the expression of a rule without a bound is given. It holds a private key of
// 16384 bits, the longest thing that has an end.
const unboundedReach = 16 << 10

// reaches are rules whose expression runs over whatever comes, in which what matters is near.
var reaches = map[string]int{"curl-auth-header": 2048, "curl-auth-user": 2048}

// The pieces that most of the expressions are made of: any word before the name, and what may stand between name and
// value.
const (
	lead    = `[\w.-]{0,50}?`
	middle  = `(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`
	between = `(?:[ \t\w.-]{0,20})[\s'"]{0,3}`
)

// ruleSet is the rules, ready to be looked for.
type ruleSet struct {
	source string
	allow  []allowList
	words  *dense
	// triggers are by word of the automaton.
	triggers [][]trigger
}

// rules are made once: they are the same for every Redactor.
var rules = sync.OnceValue(func() *ruleSet {
	set, err := loadRules(ruleData)
	if err != nil {
		// The data is part of the program, and a test loads it.
		panic(err)
	}
	return set
})

func loadRules(data []byte) (*ruleSet, error) {
	var file ruleFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("decoding the rules: %w", err)
	}
	set := &ruleSet{source: file.Source, allow: file.Allow}
	index := map[string]int{}
	var words [][]byte
	for _, r := range alternatives(file.Rules) {
		triggers, err := r.prepare()
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.ID, err)
		}
		for text, offset := range triggers {
			n, ok := index[text]
			if !ok {
				n = len(words)
				index[text] = n
				words = append(words, []byte(text))
				set.triggers = append(set.triggers, nil)
			}
			set.triggers[n] = append(set.triggers[n], trigger{rule: r, length: len(text), offset: offset})
		}
	}
	set.words = newDense(words)
	return set, nil
}

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
// match that it stands at.
func (r *rule) prepare() (map[string]int, error) {
	r.source = r.Regex
	name, value, isAssigned := strings.Cut(r.Regex, middle)
	if isAssigned = isAssigned && strings.Contains(name, between); isAssigned {
		// Without the word before the name, a match begins with the name.
		r.source = strings.ReplaceAll(r.Regex, lead, "")
	}
	tree, err := syntax.Parse(r.source, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if r.reach = maxMatch(tree); r.reach < 0 || r.reach > unboundedReach {
		r.reach = unboundedReach
	}
	// One byte more, for what an expression wants to see behind the match.
	r.reach++
	if n, ok := reaches[r.ID]; ok {
		r.reach = n
	}

	triggers := map[string]int{}
	texts, _ := literals(tree)
	switch known := useful(texts); {
	case isAssigned && known:
		r.way = assigned
		valueTree, err := syntax.Parse("(?i)"+value, syntax.Perl)
		if err != nil {
			return nil, err
		}
		r.sets, _ = positions(valueTree)
	case known:
		r.way, r.bounded = prefixed, startsAtBoundary(tree)
		r.sets, _ = positions(tree)
	default:
		if text, offset := inner(tree); text != "" {
			r.way, r.bounded = prefixed, startsAtBoundary(tree)
			r.sets, _ = positions(tree)
			texts = nil
			triggers[text] = offset
			break
		}
		r.way, texts = around, r.Keywords
		low := strings.ToLower(r.Regex)
		for _, k := range r.Keywords {
			if !strings.Contains(low, regexp.QuoteMeta(k)) {
				r.way = anywhere
			}
		}
	}
	for _, t := range texts {
		triggers[t[:min(len(t), maxLiteral)]] = 0
	}
	if r.way == anywhere {
		r.sets, _ = positions(tree)
		r.bounded = startsAtBoundary(tree)
	}
	source := r.source
	if r.way == prefixed || r.way == assigned || r.stepwise() {
		source = `\A(?:` + source + `)`
	}
	r.compile = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })
	return triggers, nil
}

// stepwise tells that enough is known of a match's beginning to look for it byte by byte.
func (r *rule) stepwise() bool { return r.way == anywhere && len(r.sets) >= 4 }

// useful tells whether texts are worth looking for. Those that every address begins with are not.
func useful(texts []string) bool {
	for _, t := range texts {
		if len(t) < 2 || strings.HasPrefix(t, "http") {
			return false
		}
	}
	return len(texts) > 0
}

// inner is the longest text that every match has at one place.
func inner(tree *syntax.Regexp) (text string, offset int) {
	sets, _ := positions(tree)
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

// startsAtBoundary tells whether an expression begins with \b.
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
