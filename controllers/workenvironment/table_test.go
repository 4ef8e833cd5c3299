// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"net/http"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	tableemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestTableTrouble(t *testing.T) {
	testTrouble(t, []trouble{
		{
			why:    "the table does not exist",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "no-such-table" },
			kind:   v1alpha1.ConditionLockTableReady, want: "False NotFound", says: "no-such-table", stalled: "True NotFound",
		},
		{
			why:    "the table has another key",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "other-key" },
			cause:  func(w *world) { must(w.t, w.tables.CreateTable("other-key", "id", "deleteAt")) },
			kind:   v1alpha1.ConditionLockTableReady, want: "False InvalidConfiguration", says: "lockKey", stalled: "True InvalidConfiguration",
		},
		{
			why:    "the table's time to live would delete the rows of running builds",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "other-ttl" },
			cause:  func(w *world) { must(w.t, w.tables.CreateTable("other-ttl", "lockKey", "expiresAt")) },
			kind:   v1alpha1.ConditionLockTableReady, want: "False InvalidConfiguration", says: "expiresAt", stalled: "True InvalidConfiguration",
		},
		{
			why:    "the table is global, and two regions would both win a lock",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "global" },
			cause: func(w *world) {
				must(w.t, w.tables.CreateLockTable("global"))
				w.tables.SetReplicas("global", "EVENTUAL", "eu-west-1")
			},
			kind: v1alpha1.ConditionLockTableReady, want: "False InvalidConfiguration", says: "eu-west-1", stalled: "True InvalidConfiguration",
		},
		{
			why:    "the table is global and strongly consistent, and has no transactions",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "global" },
			cause: func(w *world) {
				must(w.t, w.tables.CreateLockTable("global"))
				w.tables.SetReplicas("global", "STRONG", "eu-west-1")
			},
			kind: v1alpha1.ConditionLockTableReady, want: "False InvalidConfiguration", says: "no transactions", stalled: "True InvalidConfiguration",
		},
		{
			why:   "a permission is missing",
			cause: breaks(tableemulator.Service, faults.Fault{Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "not authorized"}),
			kind:  v1alpha1.ConditionLockTableReady, want: "False AccessDenied", stalled: "True AccessDenied",
		},
	})
}
