// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitops runs what docs/gitops.md tells people to configure: Argo CD's health script in a Lua machine as Argo CD has it,
// and the objects' status through kstatus, which Flux and `kubectl`'s relatives wait with. Only tests use it.
package gitops

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/yaml"
)

// Page is docs/gitops.md, as far as it is to be run.
type Page struct {
	// Objects are what a person applies, by kind.
	Objects map[string]*unstructured.Unstructured
	// Scripts are Argo CD's health scripts, by group and kind.
	Scripts map[string]string
}

// Read reads the page.
func Read(path string) (Page, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Page{}, err
	}
	page := Page{Objects: map[string]*unstructured.Unstructured{}, Scripts: map[string]string{}}
	for _, document := range documents(string(content)) {
		object := map[string]any{}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return Page{}, fmt.Errorf("%s: %w in:\n%s", path, err, document)
		}
		u := &unstructured.Unstructured{Object: object}
		if u.GetKind() != "" {
			page.Objects[u.GetKind()] = u
		}
		for key, value := range object {
			if name, ok := strings.CutPrefix(key, "resource.customizations.health."); ok {
				page.Scripts[strings.Replace(name, "_", "/", 1)] = fmt.Sprint(value)
			}
		}
	}
	return page, nil
}

// documents are the YAML documents of a page's indented blocks.
func documents(page string) []string {
	var all []string
	var block strings.Builder
	for _, line := range append(strings.Split(page, "\n"), "end") {
		if text, indented := strings.CutPrefix(line, "    "); indented || strings.TrimSpace(line) == "" && block.Len() > 0 {
			block.WriteString(text + "\n")
			continue
		}
		for _, document := range strings.Split(block.String(), "\n---\n") {
			if strings.Contains(document, ": ") && !strings.HasPrefix(document, "kubectl") {
				all = append(all, document)
			}
		}
		block.Reset()
	}
	return all
}

// Health is what Argo CD shows of an object.
type Health struct{ Status, Message string }

// valid are the words that Argo CD takes.
var valid = map[string]bool{"Healthy": true, "Progressing": true, "Degraded": true, "Suspended": true, "Missing": true, "Unknown": true}

// Argo runs a health script as Argo CD does: base, table and package libraries only, the object in the global obj, and a second.
func Argo(script string, object *unstructured.Unstructured) (Health, error) {
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return Health{}, fmt.Errorf("opening Lua's library %q: %w", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.SetContext(ctx)
	l.SetGlobal("obj", valueOf(l, object.Object))
	if err := l.DoString(script); err != nil {
		return Health{}, fmt.Errorf("running the health script: %w", err)
	}
	answer, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		return Health{}, fmt.Errorf("the health script returns a %s, and not a table", l.Get(-1).Type())
	}
	h := Health{Status: lua.LVAsString(answer.RawGetString("status")), Message: lua.LVAsString(answer.RawGetString("message"))}
	if !valid[h.Status] {
		return Health{}, fmt.Errorf("the health script says %q, which Argo CD does not know", h.Status)
	}
	return h, nil
}

func valueOf(l *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case bool:
		return lua.LBool(v)
	case string:
		return lua.LString(v)
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	case []any:
		table := l.CreateTable(len(v), 0)
		for _, item := range v {
			table.Append(valueOf(l, item))
		}
		return table
	case map[string]any:
		table := l.CreateTable(0, len(v))
		for key, item := range v {
			table.RawSetString(key, valueOf(l, item))
		}
		return table
	}
	return lua.LNil
}

// Flux is an object's status as kstatus computes it, which Flux waits with.
func Flux(object *unstructured.Unstructured) (string, error) {
	result, err := status.Compute(object)
	if err != nil {
		return "", fmt.Errorf("computing the status: %w", err)
	}
	return result.Status.String(), nil
}
