// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	steering := map[string]string{"steering/a.md": "a"}
	cases := map[string]struct {
		why   string
		files map[string]string
		label string
		err   string
	}{
		"Plugin":        {why: "The newer manifest has a version.", files: map[string]string{"plugin.json": `{"name":"house","version":"1.2.3"}`}, label: "house 1.2.3"},
		"PluginV":       {why: "A leading v is common.", files: map[string]string{"plugin.json": `{"name":"house","version":"v1.2.3"}`}, label: "house 1.2.3"},
		"PluginNone":    {why: "The version is optional; then the content counts.", files: map[string]string{"plugin.json": `{"name":"house"}`}, label: "house sha256:"},
		"Power":         {why: "The older manifest has none.", files: map[string]string{"POWER.md": "---\nname: house\ndisplayName: House\n---\n# x"}, label: "house sha256:"},
		"PowerCRLF":     {why: "Files written on Windows.", files: map[string]string{"POWER.md": "---\r\nname: house\r\n---\r\n"}, label: "house sha256:"},
		"Both":          {why: "With both the version counts.", files: map[string]string{"POWER.md": "---\nname: old\n---\n", "plugin.json": `{"name":"new","version":"2.0.0"}`}, label: "new 2.0.0"},
		"NoManifest":    {why: "Any repository could be named by mistake.", files: map[string]string{}, err: "neither POWER.md nor plugin.json"},
		"PowerVersion":  {why: "Some have one all the same.", files: map[string]string{"POWER.md": "---\nname: house\nversion: \"2.7.0\"\n---\n"}, label: "house 2.7.0"},
		"PowerNumber":   {why: "Without quotes it is a number to YAML, and loses no zero.", files: map[string]string{"POWER.md": "---\nname: house\nversion: 2.10\n---\n"}, label: "house 2.10"},
		"BothPower":     {why: "The one that has a version has it for both.", files: map[string]string{"POWER.md": "---\nname: old\nversion: 2.7.0\n---\n", "plugin.json": `{"name":"new"}`}, label: "new 2.7.0"},
		"AnyVersion":    {why: "A version need not be semantic.", files: map[string]string{"plugin.json": `{"name":"house","version":"2026-11 latest"}`}, label: "house 2026-11 latest"},
		"NumberVersion": {why: "Nor a text.", files: map[string]string{"plugin.json": `{"name":"house","version":3}`}, label: "house 3"},
		"EvilVersion":   {why: "One that would break a commit's message is not used.", files: map[string]string{"plugin.json": `{"name":"house","version":"1\n2"}`}, label: "house sha256:"},
		"Colon":         {why: "A description with a colon in it is no YAML, and many have one.", files: map[string]string{"POWER.md": "---\nname: house\ndescription: Build: fast\nversion: 1.10\n---\n"}, label: "house 1.10"},
		"ColonQuoted":   {why: "Nor is one behind quotes.", files: map[string]string{"POWER.md": "---\nname: \"house\" # ours\ndescription: \"A\" and: b\nversion: 'v2.0.0-rc.1'\n---\n"}, label: "house 2.0.0-rc.1"},
		"Tabs":          {why: "Nor one that is indented with tabs.", files: map[string]string{"POWER.md": "---\nname: house\nkeywords:\n\t- a\n---\n"}, label: "house sha256:"},
		"ColonBadName":  {why: "A name that breaks a commit's message is refused there, too.", files: map[string]string{"POWER.md": "---\nname: a`b\ndescription: x: y\n---\n"}, err: "characters"},
		"BadName":       {why: "The name is written into commits.", files: map[string]string{"plugin.json": `{"name":"a\nb"}`}, err: "characters"},
		"BadJSON":       {why: "Half a file.", files: map[string]string{"plugin.json": `{"name":`}, err: "not a JSON object"},
		"EndlessMatter": {why: "Front matter without an end.", files: map[string]string{"POWER.md": "---\nname: a\n"}, err: "no end"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{}
			for _, m := range []map[string]string{steering, c.files} {
				for k, v := range m {
					files[k] = []byte(v)
				}
			}
			p, err := parse(files, "")
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%s\ngot %v", c.why, err)
				}
				return
			}
			if err != nil || !strings.HasPrefix(p.Label(), c.label) {
				t.Errorf("%s\ngot %q, %v", c.why, p.Label(), err)
			}
		})
	}
}

// A Power, or an Agent Plugin, of other parts than steering is none that cannot be used.
func TestParseParts(t *testing.T) {
	const plugin = `{"$schema":"https://example.test/plugin.json","name":"house","version":"1.0.0"}`
	cases := map[string]struct {
		why              string
		files            map[string]string
		steering, skills string
		notes            string
	}{
		"Skills":      {why: "An Agent Plugin has skills alone, each with what belongs to it.", files: map[string]string{"skills/layout/SKILL.md": "s", "skills/layout/scripts/x.py": "x"}, skills: "layout/SKILL.md layout/scripts/x.py"},
		"Both":        {why: "A Power that was converted has both.", files: map[string]string{"skills/layout/SKILL.md": "s", "steering/a.md": "a"}, steering: "a.md", skills: "layout/SKILL.md"},
		"NoSkill":     {why: "A directory without SKILL.md is no skill, and said to be none.", files: map[string]string{"skills/layout/README.md": "s", "steering/a.md": "a"}, steering: "a.md", notes: "it has no SKILL.md"},
		"LooseFile":   {why: "Nor is a file.", files: map[string]string{"skills/SKILL.md": "s", "steering/a.md": "a"}, steering: "a.md", notes: "left out"},
		"Neither":     {why: "With neither there is nothing to bring, which is said.", files: map[string]string{}, notes: "neither steering nor skills"},
		"NeededFiles": {why: "Steering runs and loads files of other kinds.", files: map[string]string{"steering/v.md": "v", "steering/v.py": "p", "steering/data/map.json": "{}", "steering/run": "r"}, steering: "data/map.json run v.md v.py"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{"plugin.json": []byte(plugin)}
			for k, v := range c.files {
				files[k] = []byte(v)
			}
			p, err := parse(files, "")
			must(t, err)
			got := []string{strings.Join(slices.Sorted(maps.Keys(p.Steering)), " "), strings.Join(slices.Sorted(maps.Keys(p.Skills)), " ")}
			if diff := cmp.Diff([]string{c.steering, c.skills}, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
			if notes := strings.Join(p.Notes, " "); !strings.Contains(notes, c.notes) || c.notes == "" && notes != "" {
				t.Errorf("%s\nnotes: %q", c.why, notes)
			}
		})
	}
}

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		version, than string
		want          bool
	}{{"1.0.0", "1.1.0", true}, {"1.1.0", "1.0.0", false}, {"", "1.0.0", false}, {"latest", "1.0.0", false}, {"1.0.0", "2026-11 latest", false}} {
		if got := older(c.version, c.than); got != c.want {
			t.Errorf("%q is older than %q: %t", c.version, c.than, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"name":"house","version":"1.2.3"}`), []byte("---\nname: house\n---\n"), "steering/a.md")
	f.Add([]byte("{"), []byte("---\n---"), "../a.md")
	f.Fuzz(func(t *testing.T, plugin, text []byte, name string) {
		p, err := parse(map[string][]byte{"plugin.json": plugin, "POWER.md": text, name: []byte("x")}, "auto")
		if err == nil && strings.ContainsAny(p.Label(), "\n\r`") {
			t.Fatalf("%q %+v", p.Label(), p)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
