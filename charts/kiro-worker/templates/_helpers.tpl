{{- define "kiro-worker.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What chooses the manager's pods. It must never change: a Deployment's selector cannot. */}}
{{- define "kiro-worker.selector" -}}
app.kubernetes.io/name: kiro-worker
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: manager
{{- end -}}

{{- define "kiro-worker.labels" -}}
{{- $labels := include "kiro-worker.selector" . | fromYaml -}}
{{- $_ := set $labels "app.kubernetes.io/version" .Chart.AppVersion -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- merge $labels .Values.commonLabels | toYaml -}}
{{- end -}}

{{/* Name and labels of an object in the release's namespace. Called with (list $ SUFFIX). */}}
{{- define "kiro-worker.metadata" -}}
{{- $ := index . 0 -}}
name: {{ include "kiro-worker.fullname" $ }}-{{ index . 1 }}
namespace: {{ $.Release.Namespace }}
labels:
  {{- include "kiro-worker.labels" $ | nindent 2 }}
{{- end -}}

{{/* The same for an object of the whole cluster. */}}
{{- define "kiro-worker.clusterMetadata" -}}
{{- $ := index . 0 -}}
name: {{ include "kiro-worker.fullname" $ }}-{{ index . 1 }}
labels:
  {{- include "kiro-worker.labels" $ | nindent 2 }}
{{- end -}}

{{/* Refused as the manager itself would, but before anything is installed. */}}
{{- define "kiro-worker.clusterName" -}}
{{- if or (not .Values.clusterName) (eq .Values.clusterName "default") -}}
{{- fail (printf "clusterName is %q: set it to a name that no other cluster has, such as prod-eu-1 (--set clusterName=prod-eu-1), and do not change it later" .Values.clusterName) -}}
{{- end -}}
{{- .Values.clusterName -}}
{{- end -}}

{{- define "kiro-worker.serviceAccountName" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else if .Values.serviceAccount.create -}}
{{- include "kiro-worker.fullname" . }}-manager
{{- else -}}
{{- fail "serviceAccount.name is empty: name the service account to use, or set serviceAccount.create" -}}
{{- end -}}
{{- end -}}

{{- define "kiro-worker.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Nine tenths of a memory quantity, in MiB, for GOMEMLIMIT: the collector works harder before the kernel kills. The
downward API gives the whole limit only.
*/}}
{{- define "kiro-worker.memoryLimit" -}}
{{- $units := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- $text := toString . -}}
{{- $unit := regexFind "[a-zA-Z]*$" $text -}}
{{- if not (hasKey $units $unit) -}}
{{- fail (printf "resources.limits.memory is %q: write it with one of the units k, M, G, T, Ki, Mi, Gi, Ti" $text) -}}
{{- end -}}
{{- $bytes := mulf (trimSuffix $unit $text | float64) (get $units $unit) -}}
{{- printf "%dMiB" (divf (mulf $bytes 0.9) 1048576.0 | floor | int64) -}}
{{- end -}}

{{/* The port of an origin. */}}
{{- define "kiro-worker.port" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end -}}

{{/* Name of the Secret with the metrics' certificate; empty if the manager makes its own. */}}
{{- define "kiro-worker.metricsSecret" -}}
{{- $tls := .Values.metrics.tls -}}
{{- if and .Values.metrics.enabled (has $tls.mode (list "helm" "certManager")) -}}
{{ include "kiro-worker.fullname" . }}-metrics-certificate
{{- else if and .Values.metrics.enabled (eq $tls.mode "secret") -}}
{{- $tls.secretName | required "metrics.tls.secretName is empty: name the Secret with the certificate, or choose another metrics.tls.mode" -}}
{{- end -}}
{{- end -}}

{{- define "kiro-worker.metricsHost" -}}
{{ include "kiro-worker.fullname" . }}-metrics.{{ .Release.Namespace }}.svc
{{- end -}}

{{/* What a monitor's endpoint says about TLS and who asks. There is no insecureSkipVerify. */}}
{{- define "kiro-worker.scrape" -}}
{{- $mode := .Values.metrics.tls.mode -}}
{{- if not .Values.metrics.enabled -}}
{{- fail "metrics.enabled is false: a ServiceMonitor or PodMonitor would find nothing" -}}
{{- end -}}
{{- if eq $mode "self" -}}
{{- fail "metrics.tls.mode is self, and nobody can verify a certificate that the manager makes at each start: choose helm, certManager or secret for a ServiceMonitor or PodMonitor" -}}
{{- end -}}
{{- if eq $mode "none" -}}
scheme: http
{{- else -}}
scheme: https
{{- if .Values.metrics.auth }}
bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
{{- end }}
tlsConfig:
  serverName: {{ include "kiro-worker.metricsHost" . }}
  ca:
    secret:
      name: {{ include "kiro-worker.metricsSecret" . }}
      key: ca.crt
{{- end -}}
{{- end -}}

{{/* The rules of the manager's role, as they are generated from the code, but for Secrets and ConfigMaps. A list in JSON. */}}
{{- define "kiro-worker.rules" -}}
{{- $rules := list -}}
{{- range (.Files.Get "files/manager-role.yaml" | fromYaml).rules -}}
{{- if not (or (has "secrets" .resources) (has "configmaps" .resources)) -}}
{{- $rules = append $rules . -}}
{{- end -}}
{{- end -}}
{{- with .Values.prompts.configMaps -}}
{{- $rules = append $rules (dict "apiGroups" (list "") "resources" (list "configmaps") "verbs" (list "get") "resourceNames" .) -}}
{{- end -}}
{{- $secrets := .Values.secrets -}}
{{- $rule := dict "apiGroups" (list "") "resources" (list "secrets") "verbs" (list "get") -}}
{{- if eq $secrets.access "namespace" -}}
{{- $rules = append $rules $rule -}}
{{- else if eq $secrets.access "named" -}}
{{- if not $secrets.names -}}
{{- fail "secrets.names is empty: name the Secrets that sources use, or set secrets.access to none or namespace" -}}
{{- end -}}
{{- $rules = append $rules (set $rule "resourceNames" $secrets.names) -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}

{{- define "kiro-worker.subject" -}}
- kind: ServiceAccount
  name: {{ include "kiro-worker.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/*
Whether the cluster has this very CRD from somebody else than Helm, as from `make install`. Then there is nothing to install, and Helm
would refuse to touch it. One that differs is rendered all the same: Helm's refusal is better than a manager with other CRDs.
*/}}
{{- define "kiro-worker.crdIsThere" -}}
{{- $there := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" .metadata.name -}}
{{- if and $there (not (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $there)) -}}
{{- eq (toJson .spec.versions) (toJson $there.spec.versions) -}}
{{- end -}}
{{- end -}}
