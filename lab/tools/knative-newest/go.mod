module knative-private-registry/lab/knative-newest

go 1.26.0

require knative.dev/serving v0.51.0
