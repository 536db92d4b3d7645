module knative-private-registry/lab/knative-manifests

go 1.26.0

require knative.dev/operator v0.42.2
