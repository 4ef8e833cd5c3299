// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

var record = flag.String("record", "", "write what today's code says into testdata/releases under this version, when it is released")

// recorded is what a release's controller and worker said to each other, with every field set.
type recorded struct {
	Variables  map[string]string `json:"variables"`  // of a build
	Parameters string            `json:"parameters"` // of the branch's row
	Result     string            `json:"result"`     // of a lock's rows
}

// TestReleases holds today's contract against those that were recorded: a manager works with the worker of the release before, and the
// other way round, so what one wrote the other reads. A field may come; one that went, or says the same in other words, would end the
// builds of whoever upgrades one side first. What is not released yet (see the chart's version) is recorded again by whoever changes it. It
// needs no history of the repository.
func TestReleases(t *testing.T) {
	now := said(t)
	if *record != "" {
		content, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", "releases", *record+".json"), append(content, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("testdata/releases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no release is recorded: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var then recorded
			if err := json.Unmarshal(content, &then); err != nil {
				t.Fatal(err)
			}
			t.Run("WorkerOfToday", func(t *testing.T) { workerReads(t, then) })
			t.Run("ManagerOfToday", func(t *testing.T) { managerReads(t, then) })
			t.Run("WorkerOfThen", func(t *testing.T) {
				// Its hash differs as soon as a field comes.
				delete(then.Variables, contract.EnvParametersSHA256)
				for _, name := range slices.Sorted(maps.Keys(then.Variables)) {
					if now.Variables[name] != then.Variables[name] {
						t.Errorf("the variable %s was %q, and is %q", name, then.Variables[name], now.Variables[name])
					}
				}
				says(t, "the parameters", then.Parameters, now.Parameters)
			})
			t.Run("ManagerOfThen", func(t *testing.T) { says(t, "the result", then.Result, now.Result) })
		})
	}
}

// workerReads: a build that the manager of then started.
func workerReads(t *testing.T, then recorded) {
	p, err := contract.ParametersFrom(func(name string) (string, bool) { v, ok := then.Variables[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	f, err := contract.FrozenFrom(then.Parameters, p.ParametersSHA256)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	says(t, "what is read of the parameters", then.Parameters, again)
	for _, v := range p.Variables() {
		if then.Variables[v.Name] != v.Value {
			t.Errorf("of %s %q is read, it says %q", v.Name, v.Value, then.Variables[v.Name])
		}
	}
}

// managerReads: a result that the worker of then wrote.
func managerReads(t *testing.T, then recorded) {
	r, err := contract.ParseResult(then.Result)
	if err != nil || !r.Succeeded() {
		t.Fatalf("%v, %+v", err, r)
	}
	again, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	says(t, "what is read of the result", then.Result, again)
}

// said is everything that today's code says, with every field set.
func said(t *testing.T) recorded {
	t.Helper()
	f, r, p := contract.Frozen{}, contract.Result{}, contract.Parameters{}
	fill(t, reflect.ValueOf(&f).Elem(), "frozen")
	fill(t, reflect.ValueOf(&r).Elem(), "result")
	fill(t, reflect.ValueOf(&p).Elem(), "parameters")
	var s recorded
	var err error
	if s.Parameters, p.ParametersSHA256, err = f.Encode(); err != nil {
		t.Fatal(err)
	}
	if s.Result, err = r.Encode(); err != nil {
		t.Fatal(err)
	}
	s.Variables = map[string]string{}
	for _, v := range p.Variables() {
		s.Variables[v.Name] = v.Value
	}
	return s
}

// fill sets every field, by its name, so that one that comes changes no other.
func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1_750_000_000_123).UTC()))
		return
	case time.Duration, contract.Duration:
		v.SetInt(int64(90 * time.Second))
		return
	case contract.Outcome:
		v.SetString(string(contract.OutcomeSucceeded))
		return
	case contract.Gate:
		v.SetString(string(contract.GatePassed))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), name)
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	default:
		t.Fatalf("%s is a %s: say here how it is set", name, v.Kind())
	}
}

// says fails for everything of a JSON document that another does not say too.
func says(t *testing.T, what, then, now string) {
	t.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal([]byte(then), &a), json.Unmarshal([]byte(now), &b)); err != nil {
		t.Fatal(err)
	}
	saysValue(t, what, a, b)
}

func saysValue(t *testing.T, what string, then, now any) {
	t.Helper()
	fields, ok := then.(map[string]any)
	if !ok {
		if list, ok := then.([]any); ok && len(list) == 1 {
			if others, ok := now.([]any); ok && len(others) == 1 {
				saysValue(t, what+"[0]", list[0], others[0])
				return
			}
		}
		if !reflect.DeepEqual(then, now) {
			t.Errorf("%s was %v, and is %v", what, then, now)
		}
		return
	}
	others, _ := now.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value, there := others[name]
		if !there {
			t.Errorf("%s had %s, and has not", what, name)
			continue
		}
		saysValue(t, fmt.Sprintf("%s.%s", what, name), fields[name], value)
	}
}
