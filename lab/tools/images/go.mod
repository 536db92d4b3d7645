module knative-private-registry/lab/images

go 1.26.0
