// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

var linuxAndMac = append(append([]platform{}, linux...), platform{"darwin", "amd64"}, platform{"darwin", "arm64"})

// programs writes the programs for people and for builds: each in an archive with the licence, its SBOM, the checksums of
// all, and the plugin's krew manifest.
func (r release) programs() error {
	licence, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return fmt.Errorf("reading the licence: %w", err)
	}
	var sums strings.Builder
	plugins := map[platform]string{}
	for _, program := range []string{"kiro-worker", "kubectl-workitem"} {
		for _, p := range linuxAndMac {
			content, err := r.compile(program, p)
			if err != nil {
				return err
			}
			archive, err := archive([]file{{"LICENSE", 0o644, licence}, {program, 0o755, content}})
			if err != nil {
				return err
			}
			name := fmt.Sprintf("%s_%s_%s_%s", program, r.version, p.os, p.arch)
			sbom, err := r.sbom(program, p, content)
			if err != nil {
				return err
			}
			if err := r.write(name+".tar.gz", archive); err != nil {
				return err
			}
			if err := r.write(filepath.Join("sbom", program+"-"+p.os+"-"+p.arch+".spdx.json"), sbom); err != nil {
				return err
			}
			sum := sha256.Sum256(archive)
			_, _ = fmt.Fprintf(&sums, "%s  %s.tar.gz\n", hex.EncodeToString(sum[:]), name)
			if program == "kubectl-workitem" {
				plugins[p] = hex.EncodeToString(sum[:])
			}
		}
	}
	if err := r.krew(plugins); err != nil {
		return err
	}
	return r.write("checksums.txt", []byte(sums.String()))
}

func archive(files []file) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), ModTime: epoch, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("writing an archive: %w", err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("writing an archive: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("writing an archive: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("writing an archive: %w", err)
	}
	return out.Bytes(), nil
}

// krew writes the manifest by which `kubectl krew install` finds the plugin.
func (r release) krew(sums map[platform]string) error {
	var platforms []map[string]any
	for _, p := range linuxAndMac {
		platforms = append(platforms, map[string]any{
			"selector": map[string]any{"matchLabels": map[string]string{"os": p.os, "arch": p.arch}},
			"uri":      fmt.Sprintf("%s/releases/download/%s/kubectl-workitem_%s_%s_%s.tar.gz", repository, r.version, r.version, p.os, p.arch),
			"sha256":   sums[p], "bin": "kubectl-workitem",
			"files": []map[string]string{{"from": "kubectl-workitem", "to": "."}, {"from": "LICENSE", "to": "."}},
		})
	}
	out, err := yaml.Marshal(map[string]any{
		"apiVersion": "krew.googlecontainertools.github.com/v1alpha2", "kind": "Plugin",
		"metadata": map[string]string{"name": "workitem"},
		"spec": map[string]any{
			"version": r.version, "homepage": repository, "shortDescription": "See and steer the work items of Kiro Worker",
			"description": "Lists work items, says what one is waiting for, cancels and retries it, and frees a lock that nobody holds any more.\n",
			"platforms":   platforms,
		},
	})
	if err != nil {
		return fmt.Errorf("writing the krew manifest: %w", err)
	}
	return r.write("workitem.krew.yaml", out)
}
