{{- define "mailwright.labels" -}}
app.kubernetes.io/name: mailwright
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "mailwright.selector" -}}
app.kubernetes.io/name: mailwright
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{/* Every deployment: the components, and workers of parts of the work in the place of worker-main. */}}
{{- define "mailwright.components" -}}
{{- $all := dict }}
{{- range $name, $component := .Values.components }}
{{- if not (and $.Values.workers (eq $name "worker-main")) }}
{{- $_ := set $all $name $component }}
{{- end }}
{{- end }}
{{- range .Values.workers }}
{{- $env := dict "MAILWRIGHT_WORKER_GROUPS" (join "," .groups | default "none") "MAILWRIGHT_WORKER_LANES" (join "," .lanes | default "none") "MAILWRIGHT_WORKER_SENDS" (.sends | default false | toString) }}
{{- $_ := set $all .name (merge (dict "roles" "worker" "ports" dict "env" (merge $env (.env | default dict))) (omit . "env")) }}
{{- end }}
{{- toYaml $all }}
{{- end }}

{{- define "mailwright.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end }}

{{- define "mailwright.serviceAccount" -}}
{{ .Values.serviceAccount.name | default "mailwright" }}
{{- end }}

{{/* Whether pods have the token of the service account: Vault knows them by it, the agent's way or our own. */}}
{{- define "mailwright.shownToVault" -}}
{{- if or .Values.secrets.vaultAgent.enabled .Values.settings.MAILWRIGHT_VAULT_KUBERNETES_ROLE -}}true{{- else -}}false{{- end -}}
{{- end }}

{{/* Whether secrets come from a Secret: not where Vault has them all (no keys), or its agent writes them. */}}
{{- define "mailwright.secretMounted" -}}
{{- if and .Values.secrets.keys (not .Values.secrets.vaultAgent.enabled) -}}true{{- end -}}
{{- end }}

{{/* Where a role is asked how it is: the HTTP port has it, every other role has a port for it. */}}
{{- define "mailwright.healthPort" -}}
{{- if has "http" (splitList "," .component.roles) -}}http{{- else -}}operations{{- end -}}
{{- end }}

{{- define "mailwright.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "mailwright.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The environment every role has. Secrets are files. */}}
{{- define "mailwright.env" -}}
{{- range .Values.secrets.keys }}
- {name: {{ printf "MAILWRIGHT_%s_FILE" (upper .) }}, value: {{ printf "%s/%s" (include "mailwright.secretsFolder" $) . }}}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "mailwright.secretsFolder" -}}
{{- if .Values.secrets.vaultAgent.enabled -}}/vault/secrets{{- else -}}/run/secrets/mailwright{{- end -}}
{{- end }}

{{- define "mailwright.mounts" -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
- {name: tls, mountPath: /run/secrets/tls, readOnly: true}
{{- if include "mailwright.secretMounted" . }}
- {name: secrets, mountPath: /run/secrets/mailwright, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "mailwright.volumes" -}}
- {name: data, emptyDir: {sizeLimit: 2Gi}}
- {name: tmp, emptyDir: {sizeLimit: 2Gi}}
- {name: tls, secret: {secretName: {{ .Values.tls.secretName }}, defaultMode: 0440}}
{{- if include "mailwright.secretMounted" . }}
- {name: secrets, secret: {secretName: {{ .Values.secrets.existingSecret }}, defaultMode: 0440}}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Vault's agent writes each field as a file; it is renewed while the pod lives. */}}
{{- define "mailwright.vaultAnnotations" -}}
{{- if .Values.secrets.vaultAgent.enabled }}
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/agent-init-first: "true"
vault.hashicorp.com/role: {{ .Values.secrets.vaultAgent.role | quote }}
{{- range .Values.secrets.keys }}
vault.hashicorp.com/agent-inject-secret-{{ . }}: {{ $.Values.secrets.vaultAgent.path | quote }}
vault.hashicorp.com/agent-inject-template-{{ . }}: {{ printf "{{- with secret %q -}}{{ .Data.data.%s }}{{- end -}}" $.Values.secrets.vaultAgent.path . | quote }}
{{- end }}
{{- end }}
{{- end }}
