// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb/expression"
)

// table is a table and its rows.
type table struct {
	definition tableDefinition
	created    time.Time
	status     string
	ttl        string // the attribute; empty while time to live is disabled
	// replicas are the other regions of a global table, and consistency is theirs: EVENTUAL or STRONG.
	replicas    []string
	consistency string
	// rows are by rowKey. They are replaced and never changed in place.
	rows map[string]item
	// leave says which keys of a BatchGetItem are left out; nil is none.
	leave func(n int) bool
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
	return slices.ContainsFunc(t.definition.KeySchema, func(k key) bool { return k.Name == name })
}

// keyOf are a row's key attributes.
func (t *table) keyOf(row item) item {
	k := item{}
	for name, v := range row {
		if t.isKey(name) {
			k[name] = v
		}
	}
	return k
}

// maxKey is how many bytes a partition key may have.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-keys
const maxKey = 2048

// rowKey is a key as one text; for a key of one text, as a lock table's, it is that text.
func (t *table) rowKey(k item) (string, error) {
	parts := make([]string, 0, len(t.definition.KeySchema))
	for _, part := range t.definition.KeySchema {
		var text string
		switch v := k[part.Name].(type) {
		case *types.AttributeValueMemberS:
			text = v.Value
		case *types.AttributeValueMemberN:
			text = v.Value
		case *types.AttributeValueMemberB:
			text = string(v.Value)
		}
		if text == "" && k[part.Name] != nil {
			return "", invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "+
				"empty string value. Key: %s", part.Name)
		}
		if len(text) > maxKey {
			return "", invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of 2048 bytes")
		}
		if text == "" || t.typeOf(part.Name) != expression.TypeOf(k[part.Name]) {
			return "", invalid("The provided key element does not match the schema: %s", part.Name)
		}
		parts = append(parts, text)
	}
	if len(k) != len(parts) {
		return "", invalid("The provided key element does not match the schema")
	}
	return strings.Join(parts, "\x00"), nil
}

func (t *table) typeOf(name string) string {
	for _, a := range t.definition.AttributeDefinitions {
		if a.Name == name {
			return a.Type
		}
	}
	return ""
}

func notFound(tableName string) error {
	return refusal{"ResourceNotFoundException", fmt.Sprintf("Requested resource not found: Table: %s not found", tableName)}
}

// create answers CreateTable. The table is there at once; AWS's takes seconds, which SetTableStatus can imitate.
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
	t, err := e.add(d)
	if err != nil {
		writeRefusal(w, r, err)
		return
	}
	description := e.description(t)
	description["TableStatus"] = "CREATING"
	writeJSON(w, http.StatusOK, map[string]any{"TableDescription": description})
}

// add makes a table. The caller holds mu.
func (e *Emulator) add(d tableDefinition) (*table, error) {
	if e.tables[d.TableName] != nil {
		return nil, refusal{"ResourceInUseException", "Table already exists: " + d.TableName}
	}
	t := &table{definition: d, created: e.options.Clock.Now(), status: "ACTIVE", rows: map[string]item{}}
	for _, k := range d.KeySchema {
		if t.typeOf(k.Name) == "" {
			return nil, invalid("Some index key attributes are not defined in AttributeDefinitions: %s", k.Name)
		}
	}
	if len(d.KeySchema) == 0 {
		return nil, invalid("No hash key in KeySchema")
	}
	e.tables[d.TableName] = t
	return t, nil
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
	writeJSON(w, http.StatusOK, map[string]any{"Table": e.description(t)})
}

func (e *Emulator) description(t *table) map[string]any {
	d := map[string]any{
		"TableName":            t.definition.TableName,
		"TableArn":             fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", e.options.Region, e.options.Account, t.definition.TableName),
		"TableStatus":          t.status,
		"CreationDateTime":     epoch(t.created),
		"AttributeDefinitions": t.definition.AttributeDefinitions,
		"KeySchema":            t.definition.KeySchema,
		"ItemCount":            len(t.rows),
		"TableSizeBytes":       0,
	}
	if t.definition.BillingMode != "" {
		d["BillingModeSummary"] = map[string]string{"BillingMode": t.definition.BillingMode}
	}
	if t.definition.Throughput != nil {
		d["ProvisionedThroughput"] = t.definition.Throughput
	}
	if len(t.replicas) > 0 {
		replicas := make([]map[string]string, len(t.replicas))
		for i, region := range t.replicas {
			replicas[i] = map[string]string{"RegionName": region, "ReplicaStatus": "ACTIVE"}
		}
		d["Replicas"], d["MultiRegionConsistency"], d["GlobalTableVersion"] = replicas, t.consistency, "2019.11.21"
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
	delete(e.tables, t.definition.TableName)
	description := e.description(t)
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
		writeRefusal(w, r, notFound(in.TableName))
	}
	return t
}
