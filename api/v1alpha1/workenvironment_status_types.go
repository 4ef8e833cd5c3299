// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// SlotStatus is one slot that is in use.
type SlotStatus struct {
	// Slot is the number of the slot, from 0.
	Slot int32 `json:"slot"`
	// WorkItem is the item that holds the slot, as "cluster/namespace/name"; it may be in another cluster.
	// +kubebuilder:validation:MaxLength=512
	WorkItem string `json:"workItem"`
	// BuildARN is the build that claimed the lock. Empty until one did.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	BuildARN string `json:"buildARN,omitempty"`
	// ExpiresAt is when the lease ends, unless it is renewed.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// QueuedItem is one item that waits for a slot.
type QueuedItem struct {
	// Name of the WorkItem.
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
	// Priority of the WorkItem.
	Priority int32 `json:"priority"`
	// Since is when it began to wait.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
}

// QueueStatus says which items wait for a slot.
type QueueStatus struct {
	// Length is the number of items that wait for a slot.
	Length int32 `json:"length"`
	// OldestSince is since when the item that has waited longest has been waiting.
	// +optional
	OldestSince *metav1.Time `json:"oldestSince,omitempty"`
	// First lists the first ten items, by priority and age. One that waits for its branch, or for its next attempt, is passed
	// over by those behind it.
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	// +optional
	First []QueuedItem `json:"first,omitempty"`
}

// ManagerClaim says which installation works on an environment.
type ManagerClaim struct {
	// Name of the installation: the namespace and the name of its leader election's lease.
	// +kubebuilder:validation:MaxLength=512
	Name string `json:"name"`
	// RenewedAt is when it last said so. Three minutes later another installation may take over.
	RenewedAt metav1.Time `json:"renewedAt"`
}

// WorkEnvironmentStatus says whether the environment can be used, and how busy it is.
type WorkEnvironmentStatus struct {
	// ObservedGeneration is the generation of the spec that this status belongs to; -1 until the manager has looked at the
	// object.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions say what can be used: LockTableReady, ProjectReady, BucketReady, SecretsReady and NotificationsReady. Ready
	// is True if all of them are. Stalled is present only while a person has to act, Degraded
	// only while items are tried one at a time.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// ProjectARN is the ARN of the CodeBuild project.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	ProjectARN string `json:"projectARN,omitempty"`
	// SlotsInUse is the number of slots in use, over every cluster that shares the project.
	SlotsInUse int32 `json:"slotsInUse"`
	// Slots lists the slots in use.
	// +kubebuilder:validation:MaxItems=50
	// +listType=map
	// +listMapKey=slot
	// +optional
	Slots []SlotStatus `json:"slots,omitempty"`
	// Queue says which items of this environment wait for a slot.
	// +optional
	Queue QueueStatus `json:"queue"`
	// Budget says what is used of spec.budget. Absent without one.
	// +optional
	Budget *BudgetStatus `json:"budget,omitempty"`
	// Manager is the installation of Kiro Worker that works on this environment and its items. Another one leaves them alone.
	// +optional
	Manager *ManagerClaim `json:"manager,omitempty"`
	// LastCheckTime is when what the environment names was last checked.
	// +optional
	LastCheckTime *metav1.Time `json:"lastCheckTime,omitempty"`
}
