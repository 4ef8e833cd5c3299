// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Object is an object of one of the three kinds, its status and the rest of it apart. What is returned shares memory with
// the object.
// +kubebuilder:object:generate=false
type Object interface {
	metav1.Object
	runtime.Object
	// StatusPart is a pointer to the object's status.
	StatusPart() any
	// WithoutStatus is the object with an empty status.
	WithoutStatus() any
	// ConditionList is the list of the object's conditions.
	ConditionList() *[]metav1.Condition
}

var (
	_ Object = (*WorkItem)(nil)
	_ Object = (*WorkEnvironment)(nil)
	_ Object = (*WorkSource)(nil)
)

// StatusPart implements Object.
func (w *WorkItem) StatusPart() any { return &w.Status }

// WithoutStatus implements Object.
func (w *WorkItem) WithoutStatus() any {
	rest := *w
	rest.Status = WorkItemStatus{}
	return &rest
}

// ConditionList implements Object.
func (w *WorkItem) ConditionList() *[]metav1.Condition { return &w.Status.Conditions }

// StatusPart implements Object.
func (w *WorkEnvironment) StatusPart() any { return &w.Status }

// WithoutStatus implements Object.
func (w *WorkEnvironment) WithoutStatus() any {
	rest := *w
	rest.Status = WorkEnvironmentStatus{}
	return &rest
}

// ConditionList implements Object.
func (w *WorkEnvironment) ConditionList() *[]metav1.Condition { return &w.Status.Conditions }

// StatusPart implements Object.
func (w *WorkSource) StatusPart() any { return &w.Status }

// WithoutStatus implements Object.
func (w *WorkSource) WithoutStatus() any {
	rest := *w
	rest.Status = WorkSourceStatus{}
	return &rest
}

// ConditionList implements Object.
func (w *WorkSource) ConditionList() *[]metav1.Condition { return &w.Status.Conditions }
