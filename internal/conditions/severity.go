// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package conditions

import "github.com/kiro-worker/kiro-worker/api/v1alpha1"

// actionRequired are the reasons that do not go away until a person does something, and those that report a loss.
var actionRequired = map[string]bool{
	v1alpha1.ReasonAccessDenied:         true,
	v1alpha1.ReasonUnauthorized:         true,
	v1alpha1.ReasonCredentialsInvalid:   true,
	v1alpha1.ReasonEndpointNotAllowed:   true,
	v1alpha1.ReasonNotFound:             true,
	v1alpha1.ReasonInvalidConfiguration: true,
	v1alpha1.ReasonEnvironmentNotFound:  true,
	v1alpha1.ReasonEnvironmentNotReady:  true,
	v1alpha1.ReasonSourceNotFound:       true,
	v1alpha1.ReasonForeignRow:           true,
	v1alpha1.ReasonDependencyFailed:     true,
	v1alpha1.ReasonDependencyCycle:      true,
	v1alpha1.ReasonBudgetExhausted:      true,
	v1alpha1.ReasonTriggerLimit:         true,
	v1alpha1.ReasonStartRefused:         true,
	v1alpha1.ReasonWillNotStop:          true,
	v1alpha1.ReasonStopRefused:          true,
	v1alpha1.ReasonBuildUnknown:         true,
	v1alpha1.ReasonAcceptanceOverdue:    true,
	v1alpha1.ReasonQueueOverdue:         true,
	v1alpha1.ReasonConcludingOverdue:    true,
	v1alpha1.ReasonBuildFault:           true,
	v1alpha1.ReasonWorkerLost:           true,
	v1alpha1.ReasonWorkerSilent:         true,
	v1alpha1.ReasonLeaseLost:            true,
	v1alpha1.ReasonParametersRefused:    true,
	v1alpha1.ReasonInterrupted:          true,
	v1alpha1.ReasonInternalError:        true,
	v1alpha1.ReasonQueueTimedOut:        true,
	v1alpha1.ReasonSteeringFailed:       true,
	v1alpha1.ReasonPullRequestFailed:    true,
	v1alpha1.ReasonUploadFailed:         true,
	v1alpha1.ReasonBoardNotFound:        true,
	v1alpha1.ReasonStatusFieldNotFound:  true,
	v1alpha1.ReasonReadyStatusNotFound:  true,
	v1alpha1.ReasonPollIncomplete:       true,
}

// ActionRequired reports whether a person should look at a condition that is not True for this reason, or at an attempt
// that ended with it: its event is a warning, and so is its line in the log. Waits that end by themselves, and what a
// person asked for, need nobody.
func ActionRequired(reason string) bool { return actionRequired[reason] }
