// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preflight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const (
	// maxDocument bounds the API server's description of the kinds, in bytes.
	maxDocument = 16 << 20
	// namedFields is how many missing fields a message names.
	namedFields = 5
)

// kinds are the kinds that the manager works on.
var kinds = map[string]reflect.Type{
	"WorkSource": reflect.TypeFor[v1alpha1.WorkSource](), "WorkEnvironment": reflect.TypeFor[v1alpha1.WorkEnvironment](),
	"WorkItem": reflect.TypeFor[v1alpha1.WorkItem](),
}

// order is the order in which they are looked at.
var order = []string{"WorkEnvironment", "WorkItem", "WorkSource"}

// remedy ends each message about kinds.
const remedy = "apply the CRDs of this version (helm upgrade with crds.enabled, or make install); they are looked at again by themselves"

// Kinds returns an error if the API server does not know the kinds, or knows fewer of their fields than this manager: it drops
// a field that it does not know, so that what a person or the manager wrote would be gone without a word. It asks what every
// authenticated client may ask, and so needs no right on the CRDs.
func Kinds(ctx context.Context, config *rest.Config) error {
	document, err := describe(ctx, config)
	if err != nil {
		return err
	}
	var missing []string
	for _, kind := range order {
		schema := document.kind(kind)
		if schema == nil {
			return fmt.Errorf("the cluster does not know the kind %s: %s", kind, remedy)
		}
		for _, part := range []string{"spec", "status"} {
			field, _ := kinds[kind].FieldByName(strings.ToUpper(part[:1]) + part[1:])
			for _, path := range unknown(field.Type, schema.Properties[part], part) {
				missing = append(missing, kind+" "+path)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if more := len(missing) - namedFields; more > 0 {
		missing = append(missing[:namedFields:namedFields], fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("the CRDs are older than this manager, and the API server would drop what they lack (%s): %s", strings.Join(missing, ", "), remedy)
}

// schema is the part of an OpenAPI schema that is read here.
type schema struct {
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	Additional *schema            `json:"additionalProperties"`
	AllOf      []*schema          `json:"allOf"`
	Kinds      []struct {
		Kind string `json:"kind"`
	} `json:"x-kubernetes-group-version-kind"`
}

type document struct {
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

func (d *document) kind(name string) *schema {
	for _, s := range d.Components.Schemas {
		if len(s.Kinds) == 1 && s.Kinds[0].Kind == name {
			return s
		}
	}
	return nil
}

// describe asks the API server for its description of the group.
func describe(ctx context.Context, config *rest.Config) (*document, error) {
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	address, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's address: %w", err)
	}
	url := address.JoinPath("/openapi/v3/apis", v1alpha1.GroupVersion.Group, v1alpha1.GroupVersion.Version)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("asking the API server: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := httpClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the API server for its kinds: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, errors.New("the cluster does not know the kinds of " + v1alpha1.GroupVersion.Group + ": " + remedy)
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, errors.New("the API server refuses to say which kinds it knows: bind the manager's identity to the ClusterRole system:discovery")
	default:
		return nil, fmt.Errorf("the API server answers status %d when asked for its kinds", response.StatusCode)
	}
	d := &document{}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxDocument)).Decode(d); err != nil {
		return nil, fmt.Errorf("reading the API server's description of its kinds: %w", err)
	}
	return d, nil
}

// ours is the package whose structures are looked into; those of others are of one piece.
var ours = reflect.TypeFor[v1alpha1.WorkItem]().PkgPath()

// unknown are the paths of the fields of a type that a schema lacks.
func unknown(t reflect.Type, s *schema, path string) []string {
	s = s.whole()
	if s == nil {
		return []string{path}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return unknown(t.Elem(), s, path)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		return unknown(t.Elem(), s.Items, path+"[]")
	case reflect.Map:
		return unknown(t.Elem(), s.Additional, path+"{}")
	case reflect.Struct:
		if t.PkgPath() != ours {
			return nil
		}
	default:
		return nil
	}
	var missing []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && field.Anonymous:
			missing = append(missing, unknown(field.Type, s, path)...)
		default:
			missing = append(missing, unknown(field.Type, s.Properties[name], path+"."+name)...)
		}
	}
	return missing
}

// whole follows the one step that the API server puts between a property with a default and its schema.
func (s *schema) whole() *schema {
	if s != nil && len(s.AllOf) == 1 && s.Properties == nil {
		return s.AllOf[0]
	}
	return s
}
