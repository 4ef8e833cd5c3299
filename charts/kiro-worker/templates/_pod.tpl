{{/* What the manager is started with; the doctor, and a test of the chart, are too. */}}
{{- define "kiro-worker.args" -}}
- --cluster-name={{ include "kiro-worker.clusterName" . }}
- --leader-elect
- --health-probe-bind-address=:8081
- --log-level={{ .Values.logLevel }}
- --concurrency={{ .Values.concurrency }}
{{- with .Values.namespaces }}
- --namespaces={{ join "," . }}
{{- end }}
{{- $ids := list }}
{{- range $namespace, $all := .Values.externalIDs }}
{{- range $all }}
{{- $ids = append $ids (printf "%s=%s" $namespace .) }}
{{- end }}
{{- end }}
{{- with $ids }}
- --external-ids={{ join "," . }}
{{- end }}
{{- with .Values.ownIdentityNamespaces }}
- --own-identity-namespaces={{ join "," . }}
{{- end }}
{{- with .Values.allowedEndpoints }}
- --allowed-endpoints={{ join "," . }}
{{- end }}
{{- if .Values.metrics.enabled }}
- --metrics-bind-address=:{{ .Values.metrics.port }}
{{- if eq .Values.metrics.tls.mode "none" }}
- --metrics-secure=false
{{- else if not .Values.metrics.auth }}
- --metrics-auth=false
{{- end }}
{{- if include "kiro-worker.metricsSecret" . }}
- --metrics-cert-dir=/etc/kiro-worker/metrics
{{- end }}
{{- else }}
- --metrics-bind-address=0
{{- end }}
{{- if .Values.cloudWatchMetrics.enabled }}
- --cloudwatch-metrics
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "kiro-worker.env" -}}
{{- $limits := .Values.resources.limits | default dict -}}
{{- with $limits.memory -}}
- name: GOMEMLIMIT
  value: {{ include "kiro-worker.memoryLimit" . }}
{{ end -}}
{{- if $limits.cpu -}}
- name: GOMAXPROCS
  valueFrom:
    resourceFieldRef:
      containerName: manager
      resource: limits.cpu
{{ end -}}
{{- include "kiro-worker.ownEnv" . -}}
{{- end -}}

{{/* The environment but for the limits, which are a container's own. */}}
{{- define "kiro-worker.ownEnv" -}}
{{- with .Values.proxy -}}
{{- if .http -}}
- name: HTTP_PROXY
  value: {{ .http | quote }}
{{ end -}}
{{- if .https -}}
- name: HTTPS_PROXY
  value: {{ .https | quote }}
{{ end -}}
{{- if or .http .https -}}
# The API server, the cluster's own names, and where EC2 and EKS give credentials.
- name: NO_PROXY
  value: {{ printf "$(KUBERNETES_SERVICE_HOST),localhost,127.0.0.1,.svc,.cluster.local,169.254.169.254,169.254.170.23%s" (ternary "" (printf ",%s" .noProxy) (empty .noProxy)) | quote }}
{{ end -}}
{{- end -}}
{{- if or .Values.caBundle.configMapName .Values.caBundle.secretName -}}
# Beside the image's own: they are one file, and this is where directories are looked for.
- name: SSL_CERT_DIR
  value: /etc/kiro-worker/ca
{{ end -}}
{{- with .Values.extraEnv -}}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{- define "kiro-worker.mounts" -}}
{{- if include "kiro-worker.metricsSecret" . -}}
- name: metrics-certificate
  mountPath: /etc/kiro-worker/metrics
  readOnly: true
{{ end -}}
{{- if or .Values.caBundle.configMapName .Values.caBundle.secretName -}}
- name: ca
  mountPath: /etc/kiro-worker/ca
  readOnly: true
{{ end -}}
{{- with .Values.extraVolumeMounts -}}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{- define "kiro-worker.volumes" -}}
{{- with include "kiro-worker.metricsSecret" . -}}
- name: metrics-certificate
  secret:
    secretName: {{ . }}
{{ end -}}
{{- $ca := .Values.caBundle -}}
{{- if and $ca.configMapName $ca.secretName -}}
{{- fail "caBundle.configMapName and caBundle.secretName are both set: leave one empty" -}}
{{- end -}}
{{- if $ca.configMapName -}}
- name: ca
  configMap:
    name: {{ $ca.configMapName }}
    items: [{key: {{ $ca.key | quote }}, path: ca.crt}]
{{ else if $ca.secretName -}}
- name: ca
  secret:
    secretName: {{ $ca.secretName }}
    items: [{key: {{ $ca.key | quote }}, path: ca.crt}]
{{ end -}}
{{- with .Values.extraVolumes -}}
{{ toYaml . }}
{{- end -}}
{{- end -}}
