// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	h := home{user: "agent", dir: "/home/agent", temp: "/home/agent/tmp"}
	environ := []string{"PATH=/bin", "HOME=/root", "AWS_ACCESS_KEY_ID=x", "GITHUB_TOKEN_SECRET_ARN=x", "KIRO_WORKER_FENCE=1"}
	base := []string{"PATH=/bin", "HTTPS_PROXY=http://p", "HOME=/evil", "HOME=/home/agent", "USER=agent", "LOGNAME=agent", "SHELL=/bin/sh", "TMPDIR=/home/agent/tmp", "CI=true"}
	cases := []struct {
		why, secret string
		more        []string
		fails       bool
	}{
		{why: "nothing of the worker's own gets through"},
		{why: "a plain secret is Kiro's key", secret: "k-1\n", more: []string{"KIRO_API_KEY=k-1"}},
		{why: "an object sets variables, in a fixed order", secret: `{"B_KEY":"2","A_KEY":"1"}`, more: []string{"A_KEY=1", "B_KEY=2"}},
		{why: "a secret cannot make the agent load foreign code", secret: `{"LD_PRELOAD":"/x.so"}`, fails: true},
		{why: "nor give it the cloud's credentials", secret: `{"AWS_PROFILE":"x"}`, fails: true},
		{why: "a name that is none", secret: `{"a b":"x"}`, fails: true},
		{why: "a key over several lines", secret: "a\nb", fails: true},
		{why: "an object of something else", secret: `{"A":{"B":1}}`, fails: true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := environment(environ, []string{"HTTPS_PROXY=http://p", "HOME=/evil"}, h, c.secret)
			if c.fails {
				if err == nil {
					t.Fatalf("got %v; want an error", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append(slices.Clone(base), c.more...), got); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
		})
	}
}
