// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// NotificationType is a service that notifications are sent to.
// +kubebuilder:validation:Enum=SNS;SQS
type NotificationType string

const (
	// NotificationSNS publishes to an Amazon SNS topic.
	NotificationSNS NotificationType = "SNS"
	// NotificationSQS sends to an Amazon SQS queue.
	NotificationSQS NotificationType = "SQS"
)

// DeadLetterRule is how the status of an item names the dead-letter queue beside the environment's rules.
const DeadLetterRule = "deadLetterQueueURL"

// NotificationRule says which ends of items are sent to which address.
// +kubebuilder:validation:XValidation:rule="self.type != 'SNS' || (has(self.topicARN) && !has(self.queueURL))",message="a rule of type SNS needs topicARN, and no queueURL"
// +kubebuilder:validation:XValidation:rule="self.type != 'SQS' || (has(self.queueURL) && !has(self.topicARN))",message="a rule of type SQS needs queueURL, and no topicARN"
type NotificationRule struct {
	// Name of the rule: lower-case letters, digits and hyphens, unique in the environment. The status of an item names
	// the rules that were used, never their addresses.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`
	// Type is the service that is used: SNS or SQS.
	// +required
	Type NotificationType `json:"type"`
	// TopicARN is the ARN of the SNS topic. Required with type SNS, forbidden with SQS.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$`
	// +optional
	TopicARN string `json:"topicARN,omitempty"`
	// QueueURL is the address of the SQS queue. Required with type SQS, forbidden with SNS.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="queueURL must be an http(s) URL"
	// +optional
	QueueURL string `json:"queueURL,omitempty"`
	// On lists the phases of ended items that are sent: Succeeded, Failed, Cancelled. Default: Failed alone.
	// +kubebuilder:default={Failed}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=Succeeded;Failed;Cancelled
	// +listType=set
	// +optional
	On []string `json:"on,omitempty"`
}
