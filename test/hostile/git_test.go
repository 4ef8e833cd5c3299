// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// evidence is a file that whoever is tricked into running the attacker's program writes its user's number to.
func evidence(t *testing.T) string {
	t.Helper()
	dir := openTemp(t)
	must(t, os.Chmod(dir, 0o777))
	return filepath.Join(dir, "ran-as")
}

func noEvidence(t *testing.T, file, why string) {
	t.Helper()
	if text, err := os.ReadFile(file); err == nil {
		t.Errorf("%s\nthe attacker's program was run by user %s", why, strings.Join(strings.Fields(string(text)), ", "))
	}
}

// evil is a shell function: it makes the git directory $1 name the attacker's program wherever git can name one.
func evil(evidence string) string {
	return `
evil() { # git directory, work tree
printf '#!/bin/sh\nid -u >> ` + evidence + `\nexec cat 2>/dev/null\n' > "$PWD/.evil" 2>/dev/null; chmod 755 "$PWD/.evil"
p="$PWD/.evil"
mkdir -p "$1/hooks" "$1/info"
for h in post-index-change pre-commit post-checkout reference-transaction pre-push fsmonitor-watchman; do cp "$p" "$1/hooks/$h"; done
cat >> "$1/config" <<X
[core]
	fsmonitor = $p
	hooksPath = $1/hooks
	sshCommand = $p
	pager = $p
	editor = $p
	alternateRefsCommand = $p
[filter "x"]
	clean = $p
	smudge = $p
	required = false
[diff "x"]
	textconv = $p
	command = $p
[diff]
	external = $p
[merge "x"]
	driver = $p
[credential]
	helper = !$p
[uploadpack]
	packObjectsHook = $p
[alias]
	add = !$p
	status = !$p
[include]
	path = $1/more
X
printf '[filter "y"]\n\tclean = %s\n\tsmudge = %s\n' "$p" "$p" > "$1/more"
echo '* filter=x diff=x merge=x' > "$1/info/attributes"
[ -n "$2" ] && echo '* filter=x diff=x merge=x' > "$2/.gitattributes"
}
g() { git -c user.name=a -c user.email=a@b "$@"; }
repo() { # a repository with a commit, and then a change that git has to look at
git init -q "$1" && (cd "$1" && echo 1 > tracked && g add tracked && g commit -q -m x) && evil "$1/.git" "$1" && sleep 0.01 && echo 2 > "$1/tracked"
}
`
}

// withGitlink puts a link to a commit at a path of the branch, as a submodule has one.
func (w *world) withGitlink(name string) {
	w.t.Helper()
	repo := filepath.Join(w.gitDir, repository+".git")
	index := filepath.Join(w.t.TempDir(), "index")
	git := func(args ...string) string {
		return run(w.t, "env", append([]string{"GIT_INDEX_FILE=" + index, "git", "-c", "user.name=a", "-c", "user.email=a@b", "--git-dir=" + repo}, args...)...)
	}
	head := git("rev-parse", "refs/heads/"+branch)
	git("read-tree", head)
	git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("ab", 20)+","+name)
	commit := git("commit-tree", "-p", head, "-m", "A submodule", git("write-tree"))
	git("update-ref", "refs/heads/"+branch, commit)
	w.options.Parameters.Commit = commit
}

// Git runs programs that a repository's configuration names. Whatever is a repository below the checkout, no git of the
// worker may read its configuration: the programs would run with the rights of that git.
func TestGitReadsNoConfigurationBelowTheCheckout(t *testing.T) {
	cases := map[string]struct{ why, script string }{
		"SubmoduleOfTheBranch":      {"git add runs git status in each submodule, which runs its filters.", `repo "$PWD/sub"`},
		"SubmoduleElsewhere":        {"A submodule's .git can be a file that names any directory.", `repo "$PWD/ignored/r"; mkdir -p sub; cp ignored/r/tracked sub/; echo 3 > sub/tracked; echo "gitdir: $PWD/ignored/r/.git" > sub/.git`},
		"SubmoduleBehindALink":      {"Or a link.", `repo "$PWD/ignored/r"; mkdir -p sub; echo 3 > sub/tracked; ln -s "$PWD/ignored/r/.git" sub/.git`},
		"SubmoduleWithWorktree":     {"Its configuration can name another work tree.", `repo "$PWD/sub"; git -C sub config --unset core.fsmonitor; git -C sub config core.worktree "$PWD"`},
		"NewRepository":             {"A repository that somebody made.", `repo "$PWD/new$1"`},
		"NewRepositoryInATracked":   {"One in a directory that has files of the branch.", `repo "$PWD/` + specPath + `"`},
		"NewRepositoryWithoutAHead": {"One without a commit.", `git init -q new$1; echo x > new$1/f; evil "$PWD/new$1/.git" "$PWD/new$1"`},
		"LinkedWorktree":            {"A work tree of a repository elsewhere.", `repo "$PWD/ignored/r$1"; g -C ignored/r$1 -c core.hooksPath=/dev/null -c core.fsmonitor=false -c filter.x.clean=cat -c filter.x.smudge=cat worktree add -q "$PWD/wt$1" 2>/dev/null; rm -f ` + "$EVIDENCE" + `; echo 3 >> wt$1/tracked`},
		"TheViewItself":             {"The .git that the agent sees.", `evil "$PWD/.git" "$PWD"`},
		"TheViewElsewhere":          {"That as a file that names another directory.", `repo "$PWD/ignored/r$1"; rm -rf .git; echo "gitdir: $PWD/ignored/r$1/.git" > .git; echo '* filter=x diff=x' > .gitattributes`},
		"BareRepository":            {"A bare repository, which git finds without a .git.", `git init -q --bare bare$1; evil "$PWD/bare$1" "$PWD/bare$1"`},
		"CommonDirectory":           {"A repository whose common directory is elsewhere.", `repo "$PWD/ignored/r$1"; mkdir -p new$1/.git; cp ignored/r$1/.git/HEAD new$1/.git/; echo "$PWD/ignored/r$1/.git" > new$1/.git/commondir; echo x > new$1/tracked`},
		"AttributesAlone":           {"Attributes name drivers; only configuration says what they run.", `printf '* filter=x diff=x merge=x working-tree-encoding=UTF-7 ident\n' > .gitattributes; rm -f .gitattributes; printf '*.x filter=x diff=x merge=x\n' > .gitattributes; echo 1 > a.x`},
		"SettingsOfTheHome":         {"A person's configuration is nobody's.", `git config --global core.fsmonitor "$PWD/.evil"; git config --global core.hooksPath /tmp; git config --global filter.x.clean "$PWD/.evil"; echo '* filter=x' > .gitattributes`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			seen := evidence(t)
			script := evil(seen) + strings.ReplaceAll(c.script, "$EVIDENCE", seen) + "\nrm -f " + seen + `; echo "$1" > "f$1"`
			w := newWorld(t, script)
			if strings.HasPrefix(name, "Submodule") {
				w.withGitlink("sub")
			}
			metadata := w.build()
			noEvidence(t, seen, c.why)
			if w.file("f1") != "1\n" && !strings.Contains(metadata, `"outcome": "AgentFailed"`) {
				t.Errorf("%s\nneither is the work on the branch, nor was it refused:\n%s\n%s", c.why, metadata, w.log)
			}
		})
	}
}

// What a setup command installs may do the same: whoever can commit can name it.
func TestGitReadsNoConfigurationThatSetupLeft(t *testing.T) {
	seen := evidence(t)
	w := newWorld(t, `echo "$1" > "f$1"`, func(f map[string]string) {
		f["setup.sh"] = evil(seen) + `repo "$PWD/sub"; rm -f ` + seen + "\n"
	})
	w.withGitlink("sub")
	w.options.Parameters.Settings.SetupCommand = "sh setup.sh"
	w.succeed()
	noEvidence(t, seen, "A submodule that the setup command made a repository of.")
}

// A link to a commit that exists nowhere would break everybody's checkout.
func TestNoLinkToNowhereIsCommitted(t *testing.T) {
	w := newWorld(t, `mkdir -p new; cd new; git init -q; echo x > x; git add x; git -c user.name=a -c user.email=a@b commit -q -m x; cd ..; echo "$1" > "f$1"`)
	w.succeed()
	if strings.Contains(w.artifact("diffs/changes.diff"), "Subproject commit") || w.file("new/x") != "x\n" {
		t.Errorf("the diff:\n%s", w.artifact("diffs/changes.diff"))
	}
}

// What somebody made private is measured and committed all the same: what git left out would be in no diff.
func TestNothingHidesFromTheCommit(t *testing.T) {
	w := newWorld(t, `umask 077; chmod -f 700 private private/deep; mkdir -p private/deep; echo "$1" > private/deep/f$1; chmod 0 private/deep private; echo "$1" > "f$1"; chmod 0 "f$1"`)
	w.succeed()
	for _, name := range []string{"f1", "f2", "private/deep/f1", "private/deep/f2"} {
		if w.file(name) == "" {
			t.Errorf("%s is not on the branch", name)
		}
	}
}
