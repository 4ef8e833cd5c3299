// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is who the manager runs as: nobody that any system knows.
const user = "65532"

// epoch is the time of every file: what is made of one commit is the same whenever it is made.
var epoch = time.Unix(0, 0).UTC()

// image writes the manager's image, for all platforms, as an OCI layout in images/manager, its digest beside it, and its SBOMs.
func (r release) image() error {
	system, err := layer(systemFiles())
	if err != nil {
		return err
	}
	var index v1.ImageIndex = mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range linux {
		program, err := r.compile("manager", p)
		if err != nil {
			return err
		}
		sbom, err := r.sbom("manager", p, program)
		if err != nil {
			return err
		}
		if err := r.write(filepath.Join("sbom", "manager-"+p.os+"-"+p.arch+".spdx.json"), sbom); err != nil {
			return err
		}
		image, err := r.imageOf(p, program, system)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.os, Architecture: p.arch}},
		})
	}
	annotated, ok := mutate.Annotations(index, r.labels()).(v1.ImageIndex)
	if !ok {
		return fmt.Errorf("an annotated index is no index")
	}
	dir := filepath.Join(r.out, "images", "manager")
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("emptying %s: %w", dir, err)
	}
	root, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("writing the layout: %w", err)
	}
	if err := root.AppendIndex(annotated, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": r.version})); err != nil {
		return fmt.Errorf("writing the layout: %w", err)
	}
	digest, err := annotated.Digest()
	if err != nil {
		return fmt.Errorf("reading the digest: %w", err)
	}
	return r.write(filepath.Join("images", "manager.digest"), []byte(digest.String()+"\n"))
}

func (r release) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "kiro-worker manager",
		"org.opencontainers.image.description": "Turns cards on a project board into reviewed pull requests.",
		"org.opencontainers.image.source":      repository,
		"org.opencontainers.image.licenses":    "Apache-2.0",
		"org.opencontainers.image.version":     r.version,
		"org.opencontainers.image.revision":    r.revision,
	}
}

func (r release) imageOf(p platform, program []byte, system v1.Layer) (v1.Image, error) {
	own, err := layer([]file{{"manager", 0o755, program}})
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, system, own); err != nil {
		return nil, fmt.Errorf("adding layers: %w", err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = p.os, p.arch, v1.Time{Time: epoch}
	config.Config = v1.Config{
		User: user + ":" + user, Entrypoint: []string{"/manager"}, WorkingDir: "/", Labels: r.labels(),
		Env: []string{"PATH=/", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
	}
	config.History = nil
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return image, nil
}

// file is one file of a layer.
type file struct {
	name    string
	mode    int64
	content []byte
}

// systemFiles are what a static program looks for: who it runs as, and whom it trusts. The authorities are Mozilla's, from
// the pinned module and not from the machine that builds.
func systemFiles() []file {
	var authorities bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&authorities, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // to memory
	}
	return []file{
		{"etc/group", 0o644, []byte("root:x:0:\nnonroot:x:" + user + ":\n")},
		{"etc/passwd", 0o644, []byte("root:x:0:0:root:/:/none\nnonroot:x:" + user + ":" + user + ":nonroot:/:/none\n")},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, authorities.Bytes()},
	}
}

func layer(files []file) (v1.Layer, error) {
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	made := map[string]bool{".": true}
	for _, f := range files {
		if err := directories(w, filepath.Dir(f.name), made); err != nil {
			return nil, err
		}
		header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), ModTime: epoch, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("writing a layer: %w", err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("writing a layer: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("writing a layer: %w", err)
	}
	whole := content.Bytes()
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(whole)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("making a layer: %w", err)
	}
	return l, nil
}

// directories writes a directory after those that it is in, each once.
func directories(w *tar.Writer, name string, made map[string]bool) error {
	if made[name] {
		return nil
	}
	if err := directories(w, filepath.Dir(name), made); err != nil {
		return err
	}
	made[name] = true
	header := &tar.Header{Name: name + "/", Mode: 0o755, ModTime: epoch, Typeflag: tar.TypeDir, Format: tar.FormatPAX}
	if err := w.WriteHeader(header); err != nil {
		return fmt.Errorf("writing a layer: %w", err)
	}
	return nil
}
