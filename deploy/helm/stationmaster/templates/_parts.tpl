{{- define "stationmaster.labels" -}}
app.kubernetes.io/name: stationmaster
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "stationmaster.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The port that a part is there for; a worker has only the one for metrics and probes. */}}
{{- define "stationmaster.port" -}}
{{- if eq .part "gateway" }}chargers{{ else if eq .part "api" }}web{{ else }}metrics{{ end }}
{{- end }}
