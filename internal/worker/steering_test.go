// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
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

func TestReadPower(t *testing.T) {
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
		"BadName":       {why: "The name stands in commits.", files: map[string]string{"plugin.json": `{"name":"a\nb"}`}, err: "characters"},
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
			p, err := readPower(files)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%s\ngot %v", c.why, err)
				}
				return
			}
			if err != nil || !strings.HasPrefix(p.label(), c.label) {
				t.Errorf("%s\ngot %q, %v", c.why, p.label(), err)
			}
		})
	}
	if _, err := readPower(map[string][]byte{"plugin.json": []byte(`{"name":"a"}`)}); err == nil || !strings.Contains(err.Error(), "no steering") {
		t.Errorf("a Power without steering has nothing to sync: %v", err)
	}
}

func TestCurrent(t *testing.T) {
	p := power{Name: "house", Version: "1.2.0", Hash: "h"}
	r := func(change func(*steeringState)) *steeringState {
		s := &steeringState{Name: "house", Version: "1.2.0", Hash: "other", Source: "https://x"}
		change(s)
		return s
	}
	cases := map[string]struct {
		why    string
		record *steeringState
		want   bool
	}{
		"Never":       {"Nothing was synced.", nil, false},
		"SameVersion": {"Versions are compared before contents.", r(func(*steeringState) {}), true},
		"Older":       {"A newer one is to be written.", r(func(s *steeringState) { s.Version = "1.1.9" }), false},
		"OtherSource": {"Another Power may have the same version.", r(func(s *steeringState) { s.Source = "https://y" }), false},
		"NoVersion":   {"Without a version the content counts.", r(func(s *steeringState) { s.Version = "" }), false},
		"SameHash":    {"And if it is the same, nothing is to do.", r(func(s *steeringState) { s.Version, s.Hash = "", "h" }), true},
	}
	for name, c := range cases {
		if got := current(c.record, p, "https://x"); got != c.want {
			t.Errorf("%s: %s got %t", name, c.why, got)
		}
	}
}

func TestPlanSteering(t *testing.T) {
	tree := map[string]string{"edited.md": "mine", "old.md": "1", "gone.md": "2"}
	read := func(name string, _ int64) ([]byte, error) {
		if text, ok := tree[path.Base(name)]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
	record := &steeringState{Files: map[string]string{"edited.md": hashOf([]byte("0")), "old.md": hashOf([]byte("1")), "gone.md": hashOf([]byte("2"))}}
	p := power{Steering: map[string][]byte{"edited.md": []byte("new"), "old.md": []byte("new"), "fresh.md": []byte("new")}}
	got, err := planSteering(read, record, p)
	if err != nil {
		t.Fatal(err)
	}
	want := steeringPlan{write: []string{"fresh.md", "old.md"}, remove: []string{"gone.md"}, kept: []string{"edited.md"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(steeringPlan{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	broken := errors.New("is a symbolic link")
	if _, err := planSteering(func(string, int64) ([]byte, error) { return nil, broken }, record, p); err == nil || !strings.Contains(err.Error(), broken.Error()) {
		t.Errorf("a link must not be written through: %v", err)
	}
}

// addPower makes a repository with a Power on the emulated GitHub.
func (w *world) addPower(version, text string) string {
	w.t.Helper()
	files := githubemulator.Text(map[string]string{
		"powers/house/plugin.json":       `{"name":"house","version":"` + version + `"}`,
		"powers/house/steering/style.md": text,
		"powers/house/steering/sub/x.md": "x\n",
		"powers/house/mcp.json":          "{}",
	})
	if _, ok := w.github.BranchHead("acme/powers", "main"); !ok {
		w.must(w.github.CreateRepository("acme/powers", "main", files))
	} else {
		_, err := w.github.PushFiles("acme/powers", "main", files, version)
		w.must(err)
	}
	return w.github.CloneURL("acme/powers")
}

func TestSteeringFromGit(t *testing.T) {
	w := newWorld(t, func(f map[string]string) { f[".kiro/steering/sub/x.md"] = "mine\n" })
	s := &w.options.Parameters.Settings
	s.SteeringSource, s.SteeringPath = w.addPower("1.0.0", "be kind\n"), "powers/house"
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSucceeded || result.SteeringVersion != "house 1.0.0" {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	if got := w.file(".kiro/steering/style.md"); got != "be kind\n" {
		t.Errorf("the steering was not committed, got %q", got)
	}
	if got := w.file(".kiro/steering/sub/x.md"); got != "mine\n" {
		t.Errorf("a person's file was overwritten with %q", got)
	}
	if !strings.Contains(w.body(), ".kiro/steering/sub/x.md was edited in the repository and is kept") {
		t.Errorf("that it was kept must be said:\n%s", w.body())
	}
	var record steeringState
	w.must(json.Unmarshal([]byte(w.file(steeringRecord)), &record))
	if record.Version != "1.0.0" || len(record.Files) != 2 {
		t.Errorf("the record: %+v", record)
	}

	// The next attempt finds it as it should be, and commits nothing.
	before := w.head()
	w.next(2)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || w.head() != before {
		t.Errorf("nothing was to do: %+v, head %s, before %s", result, w.head(), before)
	}
}

func tarball(t *testing.T, files map[string]string, link string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	if link != "" {
		must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "p/steering/link.md", Linkname: link}))
	}
	for name, text := range files {
		must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(text)), Mode: 0o600}))
		_, err := w.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	must(t, zipped.Close())
	return out.Bytes()
}

func zipball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		f, err := w.Create(name)
		must(t, err)
		_, err = f.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPowerFromArchive(t *testing.T) {
	good := map[string]string{"p-main/plugin.json": `{"name":"house","version":"1.0.0"}`, "p-main/steering/a.md": "a", "p-main/src/big.bin": "x"}
	flat := map[string]string{"plugin.json": `{"name":"house","version":"1.0.0"}`, "steering/a.md": "a"}
	cases := map[string]struct {
		why  string
		name string
		body []byte
		err  string
	}{
		"Tar":          {why: "As a forge packs it, in one directory.", name: "p.tar.gz", body: tarball(t, good, "")},
		"TarFlat":      {why: "Without a directory around it.", name: "p.tgz", body: tarball(t, flat, "")},
		"Zip":          {why: "The other format.", name: "p.zip", body: zipball(t, good)},
		"TarLink":      {why: "A link in an archive is not a file: it is left out.", name: "p.tar.gz", body: tarball(t, good, "/etc/passwd")},
		"TarTraversal": {why: "A path must not leave the directory.", name: "p.tar.gz", body: tarball(t, map[string]string{"p/plugin.json": "{}", "p/steering/../../../evil.md": "x", "../steering/evil.md": "x"}, ""), err: "leads out"},
		"ZipTraversal": {why: "Nor in a zip.", name: "p.zip", body: zipball(t, map[string]string{"/steering/evil.md": "x"}), err: "leads out"},
		"Huge":         {why: "A steering file of two megabytes is a mistake.", name: "p.zip", body: zipball(t, map[string]string{"p/steering/a.md": strings.Repeat("x", 2<<20)}), err: "more than"},
		"NotAnArchive": {why: "An error page instead of an archive.", name: "p.zip", body: []byte("<html>"), err: "reading the archive"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(c.body) }))
			defer server.Close()
			source, err := url.Parse(server.URL + "/" + c.name)
			must(t, err)
			files, err := (&job{}).powerFromArchive(t.Context(), source)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%s\ngot %v", c.why, err)
				}
				return
			}
			must(t, err)
			p, err := readPower(files)
			if err != nil || p.label() != "house 1.0.0" || string(p.Steering["a.md"]) != "a" || len(p.Steering) != 1 {
				t.Errorf("%s\ngot %+v, %v", c.why, p, err)
			}
		})
	}
}

func TestSteeringSource(t *testing.T) {
	w := newWorld(t)
	for _, source := range []string{"http://elsewhere.test/p.git", "ext::sh -c id", "file:///etc", "-u", "https://"} {
		j, err := newJob(w.options)
		w.must(err)
		j.parameters.Settings.SteeringSource = source
		if _, err := j.fetchPower(t.Context()); err == nil || !strings.Contains(err.Error(), "https URL") {
			t.Errorf("%s must be refused, got %v", source, err)
		}
	}
}

// A token before the host would stand in git's arguments and in the log.
func TestSteeringSourceWithCredentials(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.SteeringSource = strings.Replace(w.addPower("1.0.0", "x\n"), "://", "://someone:hunter22hunter@", 1)
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSteeringFailed || !strings.Contains(result.Message, "take them out") {
		t.Errorf("%+v", result)
	}
	for place, text := range map[string]string{"log": w.log.String(), "pull request": w.body(), "result": result.Message} {
		if strings.Contains(text, "hunter22") || strings.Contains(text, "someone") {
			t.Errorf("the %s shows the credentials", place)
		}
	}
}

// A repository of many Powers: what is not this one's is neither counted nor read.
func TestPowerBesideOthers(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{"powers/house/plugin.json", "other/plugin.json"} {
		files[name] = `{"name":"house","version":"1.0.0"}`
	}
	files["powers/house/steering/a.md"] = "a"
	files["other/steering/huge.md"] = strings.Repeat("x", maxPowerFile+1)
	for n := range maxPowerFiles {
		files[fmt.Sprintf("other/steering/%d.md", n)] = "x"
	}
	packed := map[string]string{}
	for name, text := range files {
		packed["powers-main/"+name] = text
	}
	w := newWorld(t)
	w.must(w.github.CreateRepository("acme/powers", "main", githubemulator.Text(files)))
	w.options.Parameters.Settings.SteeringPath = "powers/house"
	archives := map[string][]byte{"/p.tgz": tarball(t, packed, ""), "/p.zip": zipball(t, packed), "/flat.tgz": tarball(t, files, "")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(archives[r.URL.Path]) }))
	defer server.Close()
	j, err := newJob(w.options)
	w.must(err)
	w.must(j.repo.Create(t.Context()))
	for _, address := range []string{w.github.CloneURL("acme/powers"), server.URL + "/p.tgz", server.URL + "/p.zip", server.URL + "/flat.tgz"} {
		source, err := url.Parse(address)
		w.must(err)
		read := j.powerFromGit
		if isArchive(source.Path) {
			read = j.powerFromArchive
		}
		found, err := read(t.Context(), source)
		if err != nil {
			t.Errorf("%s: %v", source.Path, err)
			continue
		}
		if p, err := readPower(found); err != nil || p.label() != "house 1.0.0" || len(p.Steering) != 1 {
			t.Errorf("%s: %+v, %v", source.Path, p, err)
		}
	}
}

func TestDownloadTriesOnlyTheNetworkAgain(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/busy.zip":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/cut.zip":
			panic(http.ErrAbortHandler)
		case "/away.zip":
			http.Redirect(w, r, "ftp://elsewhere.test/p.zip", http.StatusFound)
		default:
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}
	}))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	cases := map[string]struct {
		why, address string
		again        bool
	}{
		"Refused":     {"Nobody listens: the server may be started again.", "http://127.0.0.1:1/p.zip", true},
		"Busy":        {"It says itself that it may be better in a moment.", plain.URL + "/busy.zip", true},
		"Cut":         {"A connection that broke.", plain.URL + "/cut.zip", true},
		"Certificate": {"A certificate that is not trusted is not trusted the next time.", secure.URL + "/p.zip", false},
		"NotTLS":      {"Nor is plain HTTP ever TLS.", strings.Replace(plain.URL, "http:", "https:", 1) + "/p.zip", false},
		"Away":        {"A redirect to another protocol is not followed.", plain.URL + "/away.zip", false},
		"Loop":        {"A loop has no end.", plain.URL + "/loop.zip", false},
		"NotFound":    {"What is not there is not there.", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.address == "" {
				missing := httptest.NewServer(http.NotFoundHandler())
				defer missing.Close()
				c.address = missing.URL
			}
			source, err := url.Parse(c.address)
			must(t, err)
			_, err = download(t.Context(), source)
			if err == nil || final(err) == c.again {
				t.Errorf("%s\ngot %v", c.why, err)
			}
		})
	}
}

func FuzzReadPower(f *testing.F) {
	f.Add([]byte(`{"name":"house","version":"1.2.3"}`), []byte("---\nname: house\n---\n"), "steering/a.md")
	f.Add([]byte("{"), []byte("---\n---"), "../a.md")
	f.Fuzz(func(t *testing.T, plugin, text []byte, name string) {
		p, err := readPower(map[string][]byte{"plugin.json": plugin, "POWER.md": text, name: []byte("x")})
		if err == nil && (len(p.Steering) == 0 || strings.ContainsAny(p.label(), "\n\r`")) {
			t.Fatalf("%q %+v", p.label(), p)
		}
	})
}

func FuzzArchives(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, read := range []func(*gathering) error{
			func(g *gathering) error { return g.zip(text) },
			func(g *gathering) error { return g.tar(text) },
		} {
			g := &gathering{files: map[string][]byte{}}
			_ = read(g)
			for name := range g.files {
				if !safeName(name) {
					t.Fatalf("%q is no safe name", name)
				}
			}
		}
	})
}
