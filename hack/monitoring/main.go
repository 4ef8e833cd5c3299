// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command monitoring writes what is made of the alerts and of the panels in this directory: the thresholds that the alerts
// compare with, the PrometheusRule of config, and Grafana's dashboards. Run it from the repository's root; the one argument is
// the directory to write below. The chart takes its copies from there, by hack/chart.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: monitoring DIRECTORY")
		os.Exit(2)
	}
	if err := run(".", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run reads below one directory and writes below another.
func run(from, to string) error {
	files, err := generate(from)
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("making the directory of %s: %w", path, err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	}
	return nil
}

// generate returns every generated file, by its path in the repository.
func generate(root string) (map[string][]byte, error) {
	thresholds, err := readThresholds(root)
	if err != nil {
		return nil, err
	}
	alerts, err := readAlerts(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if files[thresholdsFile], err = encode(ruleFile{Groups: []group{thresholds}}); err != nil {
		return nil, err
	}
	if files[ruleObjectFile], err = encode(ruleObject(append([]group{thresholds}, alerts.Groups...))); err != nil {
		return nil, err
	}
	for _, d := range dashboards() {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(d.grafana()); err != nil {
			return nil, fmt.Errorf("writing dashboard %s: %w", d.name, err)
		}
		files[dashboardDir+d.name+".json"] = text.Bytes()
	}
	return files, nil
}
