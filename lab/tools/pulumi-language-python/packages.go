package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// GetRequiredPackages names the resource plugins that the packages installed beside the program need. It creates a missing
// virtual environment first, since it is the first call about a program.
func (h *host) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	python, err := pythonOf(request.GetInfo(), "")
	if err != nil {
		return nil, err
	}
	directory := request.GetInfo().GetProgramDirectory()
	if err := python.EnsureVenv(ctx, directory, false, true, os.Stdout, os.Stderr); err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	folders, err := importPath(ctx, python)
	if err != nil {
		return nil, err
	}
	packages, err := requiredPackages(folders)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetRequiredPackagesResponse{Packages: packages}, nil
}

// importPath returns the folders from which Python imports, in its order. Asking Python costs a tenth of `pip list`, and finds
// packages that are installed editable too.
func importPath(ctx context.Context, python toolchain.Toolchain) ([]string, error) {
	var folders []string
	err := ask(ctx, python, "import sys", "sys.path", &folders)
	return folders, err
}

// requiredPackages reads the pulumi-plugin.json of every importable package. Of packages with the same name the first is taken,
// as Python does.
func requiredPackages(importPath []string) ([]*pulumirpc.PackageDependency, error) {
	var packages []*pulumirpc.PackageDependency
	seen := map[string]bool{}
	for _, folder := range importPath {
		if folder == "" { // the working directory of `python -c`
			continue
		}
		files, err := filepath.Glob(filepath.Join(folder, "*", "pulumi-plugin.json"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			module := filepath.Base(filepath.Dir(file))
			if seen[module] {
				continue
			}
			seen[module] = true
			description, err := plugin.LoadPulumiPluginJSON(file)
			if err != nil {
				return nil, fmt.Errorf("cannot read %s: %w", file, err)
			}
			if description.Resource {
				packages = append(packages, packageDependency(module, description))
			}
		}
	}
	return packages, nil
}

func packageDependency(module string, description *plugin.PulumiPluginJSON) *pulumirpc.PackageDependency {
	name := description.Name
	if name == "" {
		name = strings.ReplaceAll(strings.TrimPrefix(module, "pulumi_"), "_", "-")
	}
	return &pulumirpc.PackageDependency{
		Name:             name,
		Kind:             "resource",
		Version:          description.Version, // empty: the engine takes the newest installed plugin
		Server:           description.Server,
		Parameterization: parameterization(description.Parameterization),
		Extension:        parameterization(description.ExtensionParameterization),
	}
}

func parameterization(p *plugin.PulumiParameterizationJSON) *pulumirpc.PackageParameterization {
	if p == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{Name: p.Name, Version: p.Version, Value: p.Value}
}
