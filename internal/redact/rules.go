// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
)

//go:generate go -C ../../hack/redactrules run . ../../internal/redact/rules.json

// ruleData is gitleaks' rules, under the licence in LICENSE.gitleaks. Its source field names their version.
//
//go:embed rules.json
var ruleData []byte

// ownRules are for what gitleaks does not know yet. Each says since when it is needed; one that gitleaks has goes.
func ownRules() []*rule {
	return []*rule{
		// Since April 2026 a GitHub App's tokens are ghs_<app>_<JWT>, of some 520 characters, dots and dashes among them.
		{ID: "github-app-token", Regex: `gh[su]_[0-9A-Za-z._-]{36,}`, Keywords: []string{"ghs_", "ghu_"}},
	}
}

// RulesSource says where the rules are from, and how old they are: "gitleaks v8.30.1".
func RulesSource() string { return rules().source }

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
	// loose is true if the expression runs over anything at all, and so is slow to find that it does not match.
	loose bool
	// slow is true of a loose rule whose expression has so many states that its work must be bounded.
	slow bool
	// needs are texts that all of its matches hold.
	needs [][]byte
	// keys are a loose rule's keywords: without one of them the expression need not be run.
	keys *automaton
	// source is the expression that is run. at and search make it on first use, as most rules are never needed: at
	// matches at the beginning of what it is given, search anywhere.
	source     string
	at, search func() *regexp.Regexp
}

// way is how a rule's matches are looked for.
type way int

const (
	// prefixed: every match has one of a few texts at a fixed place.
	prefixed way = iota
	// assigned: a name, an operator, a value, as in most of the rules.
	assigned
	// around: a keyword is somewhere in the match.
	around
	// anywhere: a keyword says that the text is about something, the match is somewhere in it.
	anywhere
	// option: an option of a command that is some way before it.
	option
)

// command is the command that rules of the way option are about, commandReach how far before the option it may be,
// and afterCommand what is in their expressions between the two.
const (
	command      = "curl"
	commandReach = 2048
	afterCommand = `[ \t\n\r](?:-`
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
var reaches = map[string]int{"kubernetes-secret-yaml": 2048}

// needs are texts, in lower case, without all of which a slow rule has no match.
var needs = map[string][]string{"kubernetes-secret-yaml": {"kind:", "data:", "secret"}}

// The pieces that most of the expressions are made of: any word before the name, and what may be between name and
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
	for _, r := range alternatives(append(file.Rules, ownRules()...)) {
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
