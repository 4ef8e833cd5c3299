// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"strings"
	"testing"
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
		"BadVersion":    {why: "Versions must be comparable.", files: map[string]string{"plugin.json": `{"name":"house","version":"latest"}`}, err: "semantic version"},
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
			p, err := parse(files)
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
	if _, err := parse(map[string][]byte{"plugin.json": []byte(`{"name":"a"}`)}); err == nil || !strings.Contains(err.Error(), "no steering") {
		t.Errorf("a Power without steering has nothing to sync: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"name":"house","version":"1.2.3"}`), []byte("---\nname: house\n---\n"), "steering/a.md")
	f.Add([]byte("{"), []byte("---\n---"), "../a.md")
	f.Fuzz(func(t *testing.T, plugin, text []byte, name string) {
		p, err := parse(map[string][]byte{"plugin.json": plugin, "POWER.md": text, name: []byte("x")})
		if err == nil && (len(p.Steering) == 0 || strings.ContainsAny(p.Label(), "\n\r`")) {
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
