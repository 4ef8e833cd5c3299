// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"strings"
	"testing"

	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// The agent reads the objects of the work's repository. A Power's repository can be another private one.
func TestPowersRepositoryIsNotReadable(t *testing.T) {
	const private = "in the private repository alone"
	w := newWorld(t, `for o in $(git rev-parse --git-dir)/objects/info/alternates; do echo "looking at $(cat $o)"; done
git cat-file --batch-all-objects --batch-check | wc -l; git cat-file --batch-all-objects --batch | grep -a "`+private+`"
ls -d ../steering.git 2>/dev/null && echo STILL-THERE; cat .kiro/steering/a.md; echo "$1" > "f$1"`)
	must(t, w.github.CreateRepository("acme/powers", "main", githubemulator.Text(map[string]string{
		"plugin.json": `{"name":"house","version":"1.0.0"}`, "steering/a.md": "steering that is for it\n", "private.txt": private + "\n",
	})))
	w.options.Parameters.Settings.SteeringSource = w.github.CloneURL("acme/powers")
	w.succeed()
	log := w.artifact("logs/kiro-cli.log")
	if !strings.Contains(log, "steering that is for it") || !strings.Contains(log, "looking at ") {
		t.Fatalf("there was nothing to look at, so nothing is shown:\n%s", log)
	}
	if strings.Contains(log, private) || strings.Contains(log, "STILL-THERE") {
		t.Errorf("the agent reads the Power's repository:\n%s", log)
	}
}

// A name is as public as what is in the file.
func TestSecretInAFilesName(t *testing.T) {
	for name, script := range map[string]string{
		"Name":      `echo x > "note-$KIRO_API_KEY.txt"`,
		"Empty":     `: > "$KIRO_API_KEY"`,
		"Directory": `mkdir "$KIRO_API_KEY"; echo x > "$KIRO_API_KEY/f"`,
		"Link":      `ln -s "$KIRO_API_KEY" link`,
		"Encoded":   `: > "$(printf %s "$KIRO_API_KEY" | base64)"`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, script+`; echo "$1" > "f$1"`)
			metadata := w.build()
			if !strings.Contains(metadata, `"outcome": "AgentFailed"`) || !strings.Contains(metadata, "holds a secret of the build") {
				t.Errorf("it was not refused:\n%s", metadata)
			}
			if w.file("f1") != "" || strings.Contains(w.body()+metadata+w.log.String(), agentKey) {
				t.Error("it was pushed, or shown")
			}
		})
	}
}

// Rules run over several lines: two texts of the agent must not make one of them take out what stands between.
func TestWarningsCannotBeRedactedAway(t *testing.T) {
	w := newWorld(t, `printf '{"name":"x","scripts":{"test":"true"}}' > package.json
mkdir -p a; echo x > "a/-----BEGIN RSA PRIVATE KEY-----"; [ "$1" = 1 ] && echo '- [ ] 3. More -----END RSA PRIVATE KEY-----' >> '`+specPath+`/tasks.md'; echo "$1" > "f$1"`)
	w.succeed()
	if body := w.body(); !strings.Contains(body, "Look twice") || !strings.Contains(body, "`package.json`") || !strings.Contains(body, "The agent added tasks") {
		t.Errorf("the warning is gone:\n%s", body)
	}
}

// What somebody wrote on a card or in a spec's path stands in commits. It mentions nobody there and closes nothing.
func TestCommitMessageFollowsNobodysWords(t *testing.T) {
	const evil = ".kiro/specs/@ann Closes: #12 Co-authored-by: x <x@y>"
	w := newWorld(t, `echo "$1" > "f$1"`, func(f map[string]string) {
		for name, text := range f {
			if rest, ok := strings.CutPrefix(name, specPath); ok {
				delete(f, name)
				f[evil+rest] = text
			}
		}
	})
	w.options.Parameters.SpecPath = evil
	w.succeed()
	log := run(t, "git", "--git-dir="+w.gitDir+"/"+repository+".git", "log", "--format=%B%(trailers:only)", "refs/heads/"+branch)
	for _, bad := range []string{"@ann", "#12", "\nCo-authored-by"} {
		if strings.Contains(log, bad) {
			t.Errorf("%q stands in a commit:\n%s", bad, log)
		}
	}
}
