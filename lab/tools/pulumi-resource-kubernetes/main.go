// Command pulumi-resource-kubernetes is Pulumi's Kubernetes provider. The
// upstream main embeds files that are generated in a checkout and missing from
// the module, so the build copies schema.json and terraform-mapping.json, which
// the module does have, beside this file.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
