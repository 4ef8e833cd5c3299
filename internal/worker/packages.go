// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

const (
	packageFile    = "package.json"
	maxPackageFile = 1 << 20
)

// packageJSON is what counts of a repository's package.json.
type packageJSON struct {
	Scripts              map[string]string `json:"scripts"`
	Dependencies         map[string]any    `json:"dependencies"`
	DevDependencies      map[string]any    `json:"devDependencies"`
	OptionalDependencies map[string]any    `json:"optionalDependencies"`
	Workspaces           any               `json:"workspaces"`
	PackageManager       string            `json:"packageManager"`
}

func readPackage(tree *gitrepo.WorkTree) (packageJSON, bool) {
	var p packageJSON
	text, err := tree.ReadFile(packageFile, maxPackageFile)
	return p, err == nil && json.Unmarshal(text, &p) == nil
}

// uses reports whether a package is installed whose name begins so.
func (p packageJSON) uses(prefix string) bool {
	for _, all := range []map[string]any{p.Dependencies, p.DevDependencies} {
		for name := range all {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}

// installs reports whether there is anything to install.
func (p packageJSON) installs() bool {
	return len(p.Dependencies)+len(p.DevDependencies)+len(p.OptionalDependencies) > 0 || p.Workspaces != nil
}

// packageManager installs a repository's packages and runs its scripts.
type packageManager struct {
	name string
	// program is how it is called: through Corepack where the repository says which version it is to be.
	program string
	// install installs what the lock file says.
	install string
}

// lockFiles are those of the package managers, in the order in which they count where package.json names none.
var lockFiles = []struct{ file, manager string }{
	{"package-lock.json", "npm"}, {"npm-shrinkwrap.json", "npm"},
	{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"},
}

// managerOf is the package manager of a repository: the one that package.json names in packageManager, else the lock file's.
// It is false where nothing names one. Has reports whether a program can be run.
func managerOf(tree *gitrepo.WorkTree, p packageJSON, has func(program string) bool) (packageManager, bool) {
	named, version, _ := strings.Cut(p.PackageManager, "@")
	locked := map[string]bool{}
	first := ""
	for _, l := range lockFiles {
		// One of any length is there.
		if tree.HasFile(l.file) {
			locked[l.manager] = true
			if first == "" {
				first = l.manager
			}
		}
	}
	m := packageManager{name: first}
	switch named {
	case "npm", "pnpm", "yarn", "bun":
		m.name = named
	}
	if m.name == "" {
		return m, false
	}
	m.program = m.name
	if m.name == named && (named == "pnpm" || named == "yarn") && has("corepack") {
		m.program = "corepack " + named
	}
	major, _ := strconv.Atoi(version[:max(0, strings.IndexAny(version+".", ".+-"))])
	m.install = m.program + " " + installArguments(m.name, locked[m.name], m.name == named && major >= 2 || tree.HasFile(".yarnrc.yml"))
	return m, true
}

// installArguments have a package manager install what its lock file says and nothing else, where there is one.
func installArguments(name string, locked, berry bool) string {
	switch {
	case !locked:
		return "install"
	case name == "npm":
		return "ci"
	case name == "yarn" && berry:
		return "install --immutable"
	default:
		return "install --frozen-lockfile"
	}
}

// isTestScript reports whether a command runs the test script of package.json, and with which words arguments of the script
// follow.
func isTestScript(command string) (manager string, arguments string, is bool) {
	words := strings.Fields(command)
	if len(words) > 0 && words[0] == "corepack" {
		words = words[1:]
	}
	if len(words) < 2 {
		return "", "", false
	}
	manager, separator := words[0], " "
	switch manager {
	case "npm":
		separator = " -- "
	case "pnpm", "yarn", "bun":
	default:
		return "", "", false
	}
	switch rest := strings.Join(words[1:], " "); {
	case rest == "run test", rest == "test" && manager != "bun", manager == "npm" && rest == "t":
		return manager, separator, true
	}
	return "", "", false
}

var (
	// chained is a script of several commands, of which the last one is given what is appended; other operators may hide it.
	chained = regexp.MustCompile(`^[^&|;<>$` + "`" + `()]*(?:&&[^&|;<>$` + "`" + `()]*)*&&\s*([^&|;<>$` + "`" + `()]+)$`)
	// another is a script that runs another one.
	another = regexp.MustCompile(`^(npm run(?:-script)?|yarn(?: run)?|pnpm(?: run)?|bun run)\s+([\w:.-]+)$`)
)

// testScript is the command at the end of package.json's test script, and what arguments need before them to get there: npm
// takes those without dashes before them for its own.
func (p packageJSON) testScript() (script, inner string) {
	const deepest = 4
	script = strings.TrimSpace(p.Scripts["test"])
	for range deepest {
		if m := chained.FindStringSubmatch(script); m != nil {
			script = strings.TrimSpace(m[1])
		}
		m := another.FindStringSubmatch(script)
		if m == nil {
			break
		}
		next, ok := p.Scripts[m[2]]
		if !ok {
			break
		}
		if strings.HasPrefix(m[1], "npm") {
			inner += "-- "
		}
		script = strings.TrimSpace(next)
	}
	return script, inner
}
