// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecideFile(t *testing.T) {
	cases := map[string]struct {
		why               string
		last, here, there string
		want              fileAction
	}{
		"New":              {"The first sync writes everything.", "", "", "b", fileWrite},
		"Outdated":         {"A file that nobody touched since is replaced.", "a", "a", "b", fileWrite},
		"Same":             {"A file that is as the Power has it is left alone.", "a", "b", "b", fileNothing},
		"Edited":           {"A person's edit is never overwritten.", "a", "x", "b", fileKeep},
		"OwnFile":          {"A file of the same name that was never synced is a person's.", "", "x", "b", fileKeep},
		"Deleted":          {"A person's deletion is an edit.", "a", "", "b", fileKeep},
		"DroppedUntouched": {"What the Power no longer has goes.", "a", "a", "", fileRemove},
		"DroppedEdited":    {"Unless somebody made it theirs.", "a", "x", "", fileKeep},
		"DroppedGone":      {"Gone on both sides.", "a", "", "", fileNothing},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := decideFile(c.last, c.here, c.there); got != c.want {
				t.Errorf("%s got %d, want %d", c.why, got, c.want)
			}
		})
	}
}

// The record is a file of the repository, so whoever can commit can write into it that all is as it should be.
func TestSyncComparesFilesWhateverTheRecordSays(t *testing.T) {
	const address = "https://example.test/p.git"
	p := powerOf(t, "1.1.0", map[string]string{"a.md": "a", "b.md": "b"})
	tree := memory{}
	_, err := Sync(tree, p, address)
	must(t, err)
	if c, err := Sync(tree, p, address); err != nil || !c.UpToDate || len(c.Kept) > 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	tree[SteeringDir+"/a.md"] = "edited"
	if c, err := Sync(tree, p, address); err != nil || !c.UpToDate || len(c.Kept) != 1 {
		t.Errorf("an edited file is named: %+v, %v", c, err)
	}
	tree[RecordFile] = strings.Replace(tree[RecordFile], hashOf([]byte("a")), hashOf([]byte("edited")), 1)
	if c, err := Sync(tree, p, address); err != nil || c.UpToDate || tree[SteeringDir+"/a.md"] != "a" {
		t.Errorf("a record that says that the edit is the Power's own brings the Power's back: %+v, %v, %q", c, err, tree[SteeringDir+"/a.md"])
	}
}

func TestPlanFor(t *testing.T) {
	tree := map[string]string{"edited.md": "mine", "old.md": "1", "gone.md": "2"}
	read := func(name string, _ int64) ([]byte, error) {
		if text, ok := tree[path.Base(name)]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
	last := &record{Files: map[string]string{"edited.md": hashOf([]byte("0")), "old.md": hashOf([]byte("1")), "gone.md": hashOf([]byte("2"))}}
	p := Power{Steering: map[string][]byte{"edited.md": []byte("new"), "old.md": []byte("new"), "fresh.md": []byte("new")}}
	got, err := planFor(read, last, p)
	if err != nil {
		t.Fatal(err)
	}
	want := plan{write: []string{SteeringDir + "/fresh.md", SteeringDir + "/old.md"}, remove: []string{SteeringDir + "/gone.md"}, kept: []string{SteeringDir + "/edited.md"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(plan{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	broken := errors.New("is a symbolic link")
	if _, err := planFor(func(string, int64) ([]byte, error) { return nil, broken }, last, p); err == nil || !strings.Contains(err.Error(), broken.Error()) {
		t.Errorf("a link must not be written through: %v", err)
	}
}

// memory is a checkout that is kept in memory.
type memory map[string]string

func (m memory) ReadFile(name string, _ int64) ([]byte, error) {
	if text, ok := m[name]; ok {
		return []byte(text), nil
	}
	return nil, fs.ErrNotExist
}

func (m memory) WriteFile(name string, text []byte) error {
	m[name] = string(text)
	return nil
}

func (m memory) RemoveFile(name string) error {
	delete(m, name)
	return nil
}

func powerOf(t *testing.T, version string, steering map[string]string) Power {
	t.Helper()
	files := map[string][]byte{"plugin.json": []byte(`{"name":"house","version":"` + version + `"}`)}
	for name, text := range steering {
		files["steering/"+name] = []byte(text)
	}
	p, err := parse(files, "")
	must(t, err)
	return p
}

func TestSync(t *testing.T) {
	const address = "https://example.test/p.git"
	tree := memory{".kiro/steering/own.md": "mine", "README.md": "# shop"}
	steps := []struct {
		why   string
		power Power
		edit  func()
		want  Change
		files map[string]string // under .kiro/steering, beside the record
	}{
		{
			why: "The first time all is written, but what somebody has there already.", power: powerOf(t, "1.1.0", map[string]string{"a.md": "a", "b.md": "b", "own.md": "theirs"}), edit: func() {},
			want: Change{Kept: []string{".kiro/steering/own.md"}}, files: map[string]string{"a.md": "a", "b.md": "b", "own.md": "mine"},
		},
		{
			why: "Of the same version, too, what is new is written, what it has not is removed, and edits are kept and named.", power: powerOf(t, "1.1.0", map[string]string{"a.md": "a"}),
			edit: func() { tree[".kiro/steering/a.md"] = "edited" },
			want: Change{Kept: []string{".kiro/steering/a.md", ".kiro/steering/own.md"}}, files: map[string]string{"a.md": "edited", "own.md": "mine"},
		},
		{
			why: "Going back to an older version is reported, what it has not is removed, and edits are kept.", power: powerOf(t, "1.0.0", map[string]string{"a.md": "old"}), edit: func() {},
			want: Change{BackFrom: "1.1.0", Kept: []string{".kiro/steering/a.md"}}, files: map[string]string{"a.md": "edited", "own.md": "mine"},
		},
	}
	for _, s := range steps {
		s.edit()
		got, err := Sync(tree, s.power, address)
		must(t, err)
		if diff := cmp.Diff(s.want, got); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", s.why, diff)
		}
		files := map[string]string{}
		for name, text := range tree {
			if rest, ok := strings.CutPrefix(name, SteeringDir+"/"); ok && name != RecordFile {
				files[rest] = text
			}
		}
		if diff := cmp.Diff(s.files, files); diff != "" {
			t.Errorf("%s\nfiles -want +got:\n%s", s.why, diff)
		}
	}
}

func TestSyncRefusesARecordThatLeadsOut(t *testing.T) {
	tree := memory{RecordFile: `{"name":"house","files":{"../../README.md":"` + hashOf([]byte("# shop")) + `"}}`, "README.md": "# shop"}
	if _, err := Sync(tree, powerOf(t, "1.0.0", map[string]string{"a.md": "a"}), "https://example.test/p.git"); err == nil || !strings.Contains(err.Error(), "leads out") {
		t.Errorf("got %v", err)
	}
	if len(tree) != 2 {
		t.Errorf("something was written or removed: %v", tree)
	}
	tree[RecordFile] = `{"name":"house","skills":{"../../README.md":"x"}}`
	if _, err := Sync(tree, powerOf(t, "1.0.0", map[string]string{"a.md": "a"}), "https://example.test/p.git"); err == nil || len(tree) != 2 {
		t.Errorf("nor for skills: %v", err)
	}
}

// Skills are kept up to date as steering is, and what is recorded of a file is what was written.
func TestSyncOfSkills(t *testing.T) {
	const address = "https://example.test/p.git"
	tree := memory{SkillsDir + "/own/SKILL.md": "mine"}
	files := map[string][]byte{"plugin.json": []byte(`{"name":"house"}`), "steering/a.md": []byte("# A\n"), "skills/own/SKILL.md": []byte("theirs"), "skills/new/SKILL.md": []byte("new"), "skills/new/x.sh": []byte("x")}
	p, err := parse(files, "manual")
	must(t, err)
	c, err := Sync(tree, p, address)
	must(t, err)
	if diff := cmp.Diff([]string{SkillsDir + "/own/SKILL.md"}, c.Kept); diff != "" {
		t.Errorf("kept -want +got:\n%s", diff)
	}
	want := memory{
		SkillsDir + "/own/SKILL.md": "mine", SkillsDir + "/new/SKILL.md": "new", SkillsDir + "/new/x.sh": "x",
		SteeringDir + "/a.md": "---\ninclusion: manual\n---\n\n# A\n", RecordFile: tree[RecordFile],
	}
	if diff := cmp.Diff(want, tree); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !strings.Contains(tree[RecordFile], hashOf([]byte(want[SteeringDir+"/a.md"]))) {
		t.Errorf("the record has other hashes: %s", tree[RecordFile])
	}
	if c, err := Sync(tree, p, address); err != nil || !c.UpToDate {
		t.Errorf("nothing was to be written: %+v, %v", c, err)
	}
	delete(files, "skills/new/x.sh")
	p, err = parse(files, "manual")
	must(t, err)
	_, err = Sync(tree, p, address)
	must(t, err)
	if _, ok := tree[SkillsDir+"/new/x.sh"]; ok || tree[SkillsDir+"/own/SKILL.md"] != "mine" {
		t.Errorf("what the Power no longer has goes, and what is a person's stays: %v", tree)
	}
}
