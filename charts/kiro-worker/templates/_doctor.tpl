{{/* A pod that runs the doctor as the manager runs. Called with (list $ FURTHER-ARGUMENTS…). */}}
{{- define "kiro-worker.doctorPod" -}}
{{- $ := index . 0 -}}
restartPolicy: Never
serviceAccountName: {{ include "kiro-worker.serviceAccountName" $ }}
{{- with $.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with $.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: doctor
    image: {{ include "kiro-worker.image" $ }}
    imagePullPolicy: {{ $.Values.image.pullPolicy }}
    # The manager's own arguments: the doctor takes from them what concerns it.
    args:
      - doctor
      {{- range rest . }}
      - {{ . }}
      {{- end }}
      {{- include "kiro-worker.args" $ | fromYamlArray | toYaml | nindent 6 }}
    env:
      {{- include "kiro-worker.ownEnv" $ | fromYamlArray | toYaml | nindent 6 }}
    resources:
      requests: {cpu: 10m, memory: 64Mi}
      limits: {memory: 256Mi}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    {{- with include "kiro-worker.mounts" $ | fromYamlArray }}
    volumeMounts:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- with include "kiro-worker.volumes" $ | fromYamlArray }}
volumes:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
