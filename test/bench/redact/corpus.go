// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"strings"
)

// The corpus is made and not kept: a file full of what looks like secrets would be stopped by every scanner that a
// repository has, and a seed says as much.

// words are what build logs are full of; many of them are keywords of rules.
var words = strings.Fields(`build test install package module error warning failed passed skipped token key secret access
	api auth password config client server request response header cookie session database cache index file path line
	column expected received function object string number undefined null true false import export default require node
	npm yarn jest vitest docker image layer pull push commit branch merge fetch remote origin main feature release deploy
	kubernetes namespace service secretName configmap volume github gitlab slack discord datadog sentry twitter facebook
	dropbox heroku okta plaid stripe twilio sendgrid mailgun monkey task disk risk author rapid capital keyboard public`)

// benign is a line as builds write them, in one of several shapes.
func benign(r *rand.Rand, out *bytes.Buffer) {
	w := func() string { return words[r.IntN(len(words))] }
	hex := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdef"[r.IntN(16)]
		}
		return string(b)
	}
	switch r.IntN(9) {
	case 0:
		fmt.Fprintf(out, "[2026-11-%02dT%02d:%02d:%02d.%03dZ] INFO  %s %s: %s %s in %d ms\n", r.IntN(28)+1, r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000), w(), w(), w(), w(), r.IntN(5000))
	case 1:
		fmt.Fprintf(out, `{"level":"info","ts":%d.%06d,"logger":"%s.%s","msg":"%s %s","key":"%s-%s","requestID":"%s-%s","count":%d}`+"\n",
			1795465497+r.IntN(9999), r.IntN(999999), w(), w(), w(), w(), w(), w(), hex(8), hex(4), r.IntN(100))
	case 2:
		fmt.Fprintf(out, "npm http fetch GET 200 https://registry.example.org/%s-%s/-/%s-%d.%d.%d.tgz %dms (cache hit)\n", w(), w(), w(), r.IntN(9), r.IntN(20), r.IntN(9), r.IntN(900))
	case 3:
		fmt.Fprintf(out, "    at %s.%s (/app/node_modules/%s/lib/%s.js:%d:%d)\n", w(), w(), w(), w(), r.IntN(900), r.IntN(80))
	case 4:
		fmt.Fprintf(out, "  ✓ %s %s should %s the %s when %s is %s (%d ms)\n", w(), w(), w(), w(), w(), w(), r.IntN(90))
	case 5:
		fmt.Fprintf(out, "export %s_%s=%s  # %s\n", strings.ToUpper(w()), strings.ToUpper(w()), w(), w())
	case 6:
		fmt.Fprintf(out, "Step %d/%d : RUN %s --%s=%s %s && %s\n ---> %s\n", r.IntN(20), 20, w(), w(), w(), w(), w(), hex(12))
	case 7:
		fmt.Fprintf(out, "%s: sha512-%s integrity %s, token %s, api.%s = %d\n", w(), hex(64), w(), w(), w(), r.IntN(100))
	default:
		fmt.Fprintf(out, "%s %s %s %s %s %s %s %s\n", w(), w(), w(), w(), w(), w(), w(), w())
	}
}

// logs is so many bytes of lines without secrets.
func logs(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var out bytes.Buffer
	for out.Len() < size {
		benign(r, &out)
	}
	return out.Bytes()[:size]
}

// sample is a text that an expression matches, with what repeats repeated as often as need be and a little more.
func sample(r *rand.Rand, re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return class(r, re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return string("abcXYZ019 _-"[r.IntN(12)])
	case syntax.OpCapture:
		return sample(r, re.Sub[0])
	case syntax.OpConcat:
		var all strings.Builder
		for _, sub := range re.Sub {
			all.WriteString(sample(r, sub))
		}
		return all.String()
	case syntax.OpAlternate:
		return sample(r, re.Sub[r.IntN(len(re.Sub))])
	case syntax.OpQuest:
		return times(r, re.Sub[0], r.IntN(2))
	case syntax.OpStar:
		return times(r, re.Sub[0], r.IntN(4))
	case syntax.OpPlus:
		return times(r, re.Sub[0], 1+r.IntN(4))
	case syntax.OpRepeat:
		most := re.Max
		if most < 0 || most > re.Min+10 {
			most = re.Min + 10
		}
		return times(r, re.Sub[0], re.Min+r.IntN(most-re.Min+1))
	default:
		return ""
	}
}

func times(r *rand.Rand, re *syntax.Regexp, n int) string {
	var all strings.Builder
	for range n {
		all.WriteString(sample(r, re))
	}
	return all.String()
}

// class is a printable character of a class.
func class(r *rand.Rand, ranges []rune) string {
	var all []rune
	for i := 0; i < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1] && c < 0x7f; c++ {
			if c >= ' ' {
				all = append(all, c)
			}
		}
	}
	if len(all) == 0 {
		return string(ranges[0])
	}
	return string(all[r.IntN(len(all))])
}
