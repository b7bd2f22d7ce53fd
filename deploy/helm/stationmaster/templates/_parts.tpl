{{- define "stationmaster.labels" -}}
app.kubernetes.io/name: stationmaster
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "stationmaster.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What the gateways must be told of TLS. */}}
{{- define "stationmaster.tls" -}}
{{- $tls := .Values.tls }}
{{- if not (has $tls.kind (list "ecdsa" "rsa")) }}{{ fail "tls.kind: must be ecdsa or rsa" }}{{ end }}
{{- $domain := required "tls.domain: the name in the certificate must be said, for chargers that connect with TLS" $tls.domain }}
{{- toYaml (dict
  "tls" (dict "port" 9443 (printf "%s_certificate" $tls.kind) "/data/tls/tls.crt" (printf "%s_key" $tls.kind) "/data/tls/tls.key")
  "gateway" (dict "public_url" (printf "wss://%s:%d/ocpp" $domain (int $tls.port)))) }}
{{- end }}

{{/* The port that a part is there for; a worker has only the one for metrics and probes. */}}
{{- define "stationmaster.port" -}}
{{- if eq .part "gateway" }}chargers{{ else if eq .part "api" }}web{{ else }}metrics{{ end }}
{{- end }}
