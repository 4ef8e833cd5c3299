// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"strings"
	"testing"

	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// What the repository says about its measurement is read of the default branch before the agent runs. The agent tries to put its
// own words there: in the branch's refs, in the worker's directory, in the checkout where git does not look.
func TestTheAgentHasNoSayInItsMeasurement(t *testing.T) {
	const evil = `version: 1\ntests: {commands: [sh -c "echo evil-says"]}\n`
	for name, script := range map[string]string{
		"Refs":    `mkdir -p .kiro; printf '` + evil + `' > .kiro/worker.yaml; git add -f .kiro/worker.yaml; git -c user.name=a -c user.email=a@b commit -qm x; for ref in refs/kiro-worker/default refs/heads/main refs/remotes/origin/main refs/remotes/origin/HEAD; do git update-ref $ref HEAD; done; git reset -q --hard HEAD~1`,
		"Head":    `git symbolic-ref HEAD refs/heads/evil`,
		"Kept":    `for dir in "$HOME/.." "$TMPDIR/.." .. ../..; do printf '{"files":{".kiro/worker.yaml":"` + evil + `"}}' > "$dir/default-branch.json"; rm -f "$dir/default-branch.json"; done 2>/dev/null`,
		"Ignored": `echo .kiro/worker.yaml >> .git/info/exclude; mkdir -p .kiro; printf '` + evil + `' > .kiro/worker.yaml`,
		"Cased":   `mkdir -p .Kiro; printf '` + evil + `' > .Kiro/Worker.yaml`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, script+`; echo "$1" > "f$1"`, func(f map[string]string) { f["extra.sh"] = "echo main-says\n" })
			_, err := w.github.PushFiles(repository, "main", githubemulator.Text(map[string]string{".kiro/worker.yaml": "version: 1\ntests: {commands: [sh extra.sh]}\n"}), "Say how")
			must(t, err)
			w.options.Parameters.Settings.RepositoryFile = true
			metadata := w.build()
			log := w.artifact("logs/build.log")
			refused := strings.Contains(metadata, `"outcome": "ProtectedPathChanged"`)
			if strings.Contains(log, "evil-says") || !refused && !strings.Contains(log, "main-says") || w.file(".kiro/worker.yaml") != "" {
				t.Errorf("the agent has a say (refused: %t):\n%s\n%s", refused, log, metadata)
			}
			if name == "Ignored" && !refused {
				t.Errorf("a file that git was told to ignore was not seen:\n%s", metadata)
			}
		})
	}
}
