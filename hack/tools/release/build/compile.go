// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// platform is what a program runs on.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

var linux = []platform{{"linux", "amd64"}, {"linux", "arm64"}}

// compile builds a program for a platform: static, and the same bytes from wherever it is built.
func (r release) compile(program string, p platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "compile")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, program)
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.version="+r.version,
		"-o", path, "./cmd/"+program)
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building %s for %s: %w\n%s", program, p, err, out)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", program, err)
	}
	return content, nil
}

// sbom is an SPDX document of a program: the modules that the Go linker says it was made of.
func (r release) sbom(program string, p platform, content []byte) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("reading the modules of %s: %w", program, err)
	}
	type reference struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	type pkg struct {
		ID         string      `json:"SPDXID"`
		Name       string      `json:"name"`
		Version    string      `json:"versionInfo"`
		Location   string      `json:"downloadLocation"`
		Analyzed   bool        `json:"filesAnalyzed"`
		References []reference `json:"externalRefs"`
	}
	type relationship struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
	name := program + "-" + p.os + "-" + p.arch
	packageOf := func(id, module, version string) pkg {
		return pkg{ID: id, Name: module, Version: version, Location: "NOASSERTION", References: []reference{
			{"PACKAGE-MANAGER", "purl", "pkg:golang/" + module + "@" + version},
		}}
	}
	packages := []pkg{packageOf("SPDXRef-main", info.Main.Path, r.version), packageOf("SPDXRef-std", "std", strings.TrimPrefix(info.GoVersion, "go"))}
	relations := []relationship{{"SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-main"}, {"SPDXRef-main", "DEPENDS_ON", "SPDXRef-std"}}
	slices.SortFunc(info.Deps, func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) })
	for i, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		id := fmt.Sprintf("SPDXRef-module-%d", i+1)
		packages = append(packages, packageOf(id, module.Path, module.Version))
		relations = append(relations, relationship{"SPDXRef-main", "DEPENDS_ON", id})
	}
	document := map[string]any{
		"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
		"documentNamespace": repository + "/sbom/" + r.version + "/" + name,
		// The same from run to run, as all else.
		"creationInfo": map[string]any{"created": "1970-01-01T00:00:00Z", "creators": []string{"Tool: kiro-worker-release"}},
		"packages":     packages, "relationships": relations,
	}
	out, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the SBOM of %s: %w", program, err)
	}
	return append(out, '\n'), nil
}
