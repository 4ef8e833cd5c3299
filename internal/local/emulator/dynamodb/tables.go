// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// table is what minidyn does not keep of a table.
type table struct {
	definition tableDefinition
	created    time.Time
	status     string
	ttl        string // the attribute; empty while time to live is disabled
}

type tableDefinition struct {
	TableName            string             `json:"TableName"`
	AttributeDefinitions []attribute        `json:"AttributeDefinitions"`
	KeySchema            []key              `json:"KeySchema"`
	BillingMode          string             `json:"BillingMode,omitempty"`
	Throughput           map[string]float64 `json:"ProvisionedThroughput,omitempty"`
}

type attribute struct {
	Name string `json:"AttributeName"`
	Type string `json:"AttributeType"`
}

type key struct {
	Name string `json:"AttributeName"`
	Type string `json:"KeyType"`
}

func (t *table) isKey(name string) bool {
	for _, k := range t.definition.KeySchema {
		if k.Name == name {
			return true
		}
	}
	return false
}

// create answers CreateTable. The table is there at once; AWS's takes seconds, for which SetTableStatus stands.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
func (e *Emulator) create(w http.ResponseWriter, r *http.Request, body []byte) {
	var d tableDefinition
	if err := json.Unmarshal(body, &d); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	if len(d.TableName) < 3 || len(d.TableName) > 255 {
		WriteError(w, r, http.StatusBadRequest, "ValidationException",
			"TableName must be at least 3 characters long and at most 255 characters long")
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	status, answer := e.call("CreateTable", body)
	if status != http.StatusOK {
		write(w, status, answer)
		return
	}
	t := &table{definition: d, created: e.options.Clock.Now(), status: "ACTIVE"}
	e.tables[d.TableName] = t
	description := e.description(t, 0)
	description["TableStatus"] = "CREATING"
	writeJSON(w, http.StatusOK, map[string]any{"TableDescription": description})
}

// describe answers DescribeTable.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
func (e *Emulator) describe(w http.ResponseWriter, r *http.Request, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tableOf(w, r, body)
	if t == nil {
		return
	}
	var counted struct{ Count int }
	_, answer := e.call("Scan", fmt.Appendf(nil, `{"TableName":%q}`, t.definition.TableName))
	if err := json.Unmarshal(answer, &counted); err != nil {
		WriteError(w, r, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"Table": e.description(t, counted.Count)})
}

func (e *Emulator) description(t *table, rows int) map[string]any {
	d := map[string]any{
		"TableName":            t.definition.TableName,
		"TableArn":             fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", e.options.Region, e.options.Account, t.definition.TableName),
		"TableStatus":          t.status,
		"CreationDateTime":     epoch(t.created),
		"AttributeDefinitions": t.definition.AttributeDefinitions,
		"KeySchema":            t.definition.KeySchema,
		"ItemCount":            rows,
		"TableSizeBytes":       0,
	}
	if t.definition.BillingMode != "" {
		d["BillingModeSummary"] = map[string]string{"BillingMode": t.definition.BillingMode}
	}
	if t.definition.Throughput != nil {
		d["ProvisionedThroughput"] = t.definition.Throughput
	}
	return d
}

// remove answers DeleteTable.
func (e *Emulator) remove(w http.ResponseWriter, r *http.Request, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tableOf(w, r, body)
	if t == nil {
		return
	}
	if status, answer := e.call("DeleteTable", body); status != http.StatusOK {
		write(w, status, answer)
		return
	}
	delete(e.tables, t.definition.TableName)
	description := e.description(t, 0)
	description["TableStatus"] = "DELETING"
	writeJSON(w, http.StatusOK, map[string]any{"TableDescription": description})
}

type timeToLive struct {
	Name    string `json:"AttributeName"`
	Enabled bool   `json:"Enabled"`
}

// updateTTL answers UpdateTimeToLive. Enabling what is enabled is an error, with whatever attribute.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
func (e *Emulator) updateTTL(w http.ResponseWriter, r *http.Request, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tableOf(w, r, body)
	if t == nil {
		return
	}
	var in struct{ TimeToLiveSpecification timeToLive }
	if err := json.Unmarshal(body, &in); err != nil || in.TimeToLiveSpecification.Name == "" {
		WriteError(w, r, http.StatusBadRequest, "ValidationException", "TimeToLiveSpecification.AttributeName is required")
		return
	}
	spec := in.TimeToLiveSpecification
	switch {
	case spec.Enabled && t.ttl != "":
		WriteError(w, r, http.StatusBadRequest, "ValidationException", "TimeToLive is already enabled")
		return
	case !spec.Enabled && t.ttl == "":
		WriteError(w, r, http.StatusBadRequest, "ValidationException", "TimeToLive is already disabled")
		return
	case !spec.Enabled && t.ttl != spec.Name:
		WriteError(w, r, http.StatusBadRequest, "ValidationException",
			"TimeToLive is active on a different AttributeName: current AttributeName is "+t.ttl)
		return
	case spec.Enabled:
		t.ttl = spec.Name
	default:
		t.ttl = ""
	}
	writeJSON(w, http.StatusOK, map[string]any{"TimeToLiveSpecification": spec})
}

// describeTTL answers DescribeTimeToLive.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html
func (e *Emulator) describeTTL(w http.ResponseWriter, r *http.Request, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tableOf(w, r, body)
	if t == nil {
		return
	}
	description := map[string]string{"TimeToLiveStatus": "DISABLED"}
	if t.ttl != "" {
		description = map[string]string{"TimeToLiveStatus": "ENABLED", "AttributeName": t.ttl}
	}
	writeJSON(w, http.StatusOK, map[string]any{"TimeToLiveDescription": description})
}

// tableOf returns the table that a request names, or answers that there is none.
func (e *Emulator) tableOf(w http.ResponseWriter, r *http.Request, body []byte) *table {
	var in struct{ TableName string }
	if err := json.Unmarshal(body, &in); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return nil
	}
	t := e.tables[in.TableName]
	if t == nil {
		WriteError(w, r, http.StatusBadRequest, "ResourceNotFoundException",
			fmt.Sprintf("Requested resource not found: Table: %s not found", in.TableName))
	}
	return t
}
