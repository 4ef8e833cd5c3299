// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/repofile"
)

// RepositorySay is what the repository's own file came to, for people.
type RepositorySay struct {
	// Commit is the default branch's head that it was read of; empty in a local run.
	Commit string   `json:"commit,omitempty"`
	Used   []string `json:"used,omitempty"`
	Unused []string `json:"unused,omitempty"`
}

// repositorySay joins what the repository says about its own work with what the environment does, where that lets it.
type repositorySay struct {
	parameters contract.Parameters
	dir        buildDir
	localDir   string // empty in a build
}

// files are what is read of the default branch, with the most bytes of each.
func (r repositorySay) files() map[string]int64 {
	files := map[string]int64{}
	if r.parameters.Settings.RepositoryFile {
		files[repofile.Path] = repofile.MaxBytes
	}
	if prompt := r.parameters.Settings.PromptFile; prompt != "" {
		files[prompt] = contract.MaxPrompt
	}
	return files
}

// read is what was read of the default branch; in a local run it is the developer's own file.
func (r repositorySay) read() (defaultBranch, error) {
	if r.localDir == "" {
		return r.dir.readDefault()
	}
	found := defaultBranch{Files: map[string]string{}, Problems: map[string]string{}}
	for name, most := range r.files() {
		text, err := readInside(r.localDir, name, most)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			found.Problems[name] = gitrepo.PlainError(err)
		default:
			found.Files[name] = text
		}
	}
	return found, nil
}

// readInside reads a file that no link leads out of a directory for. One byte more than allowed is read: the reader of the file
// says that it is too long.
func readInside(dir, name string, most int64) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	return string(text), err
}

// join is what both say. Problems are the work's: nothing is to be done before they are mended. What the agent must not touch is
// protected whatever else is wrong.
func (r repositorySay) join(found defaultBranch) (p contract.Parameters, said *RepositorySay, problems []string) {
	p = r.parameters
	var own []contract.ProtectedPath
	for name := range r.files() {
		own = append(own, contract.ProtectedPath{Glob: name})
	}
	slices.SortFunc(own, func(a, b contract.ProtectedPath) int { return strings.Compare(a.Glob, b.Glob) })
	if p.Settings.RepositoryFile {
		said, problems = r.joinFile(&p, found)
	}
	if name := p.Settings.PromptFile; name != "" {
		if err := joinPrompt(&p, found); err != nil {
			problems = append(problems, fmt.Sprintf("%s of the default branch, which spec.agent.prompt of the environment names: %s", name, err))
		}
	}
	p.Settings.ProtectedPaths = slices.Concat(p.Settings.ProtectedPaths, own)
	return p, said, problems
}

func (r repositorySay) joinFile(p *contract.Parameters, found defaultBranch) (said *RepositorySay, problems []string) {
	complain := func(all ...string) []string {
		for n := range all {
			all[n] = fmt.Sprintf("%s of the default branch: %s", repofile.Path, all[n])
		}
		return all
	}
	if why := found.Problems[repofile.Path]; why != "" {
		return nil, complain(why)
	}
	text, ok := found.Files[repofile.Path]
	if !ok {
		return nil, nil
	}
	file, problems := repofile.Parse(text)
	if len(problems) > 0 {
		return nil, complain(problems...)
	}
	joined, problems := file.Apply(p.Settings, p.CoverageThreshold)
	if len(problems) > 0 {
		return nil, complain(problems...)
	}
	p.Settings, p.CoverageThreshold = joined.Settings, joined.Threshold
	return &RepositorySay{Commit: found.Commit, Used: joined.Used, Unused: joined.Unused}, nil
}

// joinPrompt takes the template of the agent's prompt.
func joinPrompt(p *contract.Parameters, found defaultBranch) error {
	name := p.Settings.PromptFile
	if why := found.Problems[name]; why != "" {
		return errors.New(why)
	}
	text, ok := found.Files[name]
	if !ok {
		return errors.New("is missing")
	}
	if err := contract.CheckPrompt(text); err != nil {
		return err
	}
	p.Settings.Prompt = text
	return nil
}

// heard are the options with what the repository says. What is wrong with that is the stage validate's to say: until then, and
// after it, the environment's settings stand alone.
func (o Options) heard() (Options, error) {
	say := o.say()
	found, err := say.read()
	if err != nil {
		return o, err
	}
	o.Parameters, _, _ = say.join(found)
	o.alone = &say.parameters
	return o, nil
}

// say is what the repository may say beside the environment.
func (o Options) say() repositorySay {
	say := repositorySay{parameters: o.Parameters, dir: buildDir(o.Dir), localDir: o.LocalDir}
	if o.alone != nil {
		say.parameters = *o.alone
	}
	return say
}
