// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the three kinds of Kiro Worker, their conditions and reasons, and nothing else.
//
// A WorkSource says which board is polled, a WorkEnvironment where builds run, a WorkItem is one card to
// be implemented. The three live in one namespace. All validation is in the schema and its CEL
// rules, so the API server alone refuses what is wrong: there is no admission webhook to be away.
//
// +kubebuilder:object:generate=true
// +groupName=kiro-worker.io
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion is the group and version of every kind in this package.
	GroupVersion = schema.GroupVersion{Group: "kiro-worker.io", Version: "v1alpha1"}

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers the three kinds and their lists.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&WorkSource{}, &WorkSourceList{},
		&WorkEnvironment{}, &WorkEnvironmentList{},
		&WorkItem{}, &WorkItemList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
