{{/* The policy's only binding. Called with (list $ SUFFIX). */}}
{{- define "kiro-worker.policyBinding" }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  {{- include "kiro-worker.clusterMetadata" . | nindent 2 }}
spec:
  policyName: {{ include "kiro-worker.fullname" (index . 0) }}-{{ index . 1 }}
  validationActions: [Deny]
{{- end -}}

{{/* A variable that is true for trusted people. Called with admissionPolicies.trusted. */}}
{{- define "kiro-worker.trusted" }}
    - name: trusted
      expression: request.userInfo.username in {{ .users | toJson }} || request.userInfo.groups.exists(g, g in {{ .groups | toJson }})
{{- end }}
