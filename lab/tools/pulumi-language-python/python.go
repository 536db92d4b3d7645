package main

import (
	"context"
	"encoding/json"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// pluginVirtualenv is where a plugin's virtual environment lies when its project file does not say. Programs without the
// option run with the Python on PATH.
const pluginVirtualenv = "venv"

// pythonOf returns the Python that the runtime options of a project file ask for. `virtualenv` is relative to the project's
// root directory.
func pythonOf(program *pulumirpc.ProgramInfo, defaultVirtualenv string) (toolchain.Toolchain, error) {
	options := program.GetOptions().AsMap()
	virtualenv, err := stringOption(options, "virtualenv", defaultVirtualenv)
	if err != nil {
		return nil, err
	}
	if name, err := stringOption(options, "toolchain", "pip"); err != nil {
		return nil, err
	} else if name != "pip" {
		return nil, fmt.Errorf(
			"the runtime option `toolchain` is %q, but this language host knows only pip; "+
				"remove the option or install Pulumi's own language host", name)
	}
	return toolchain.ResolveToolchain(toolchain.PythonOptions{
		Root:       program.GetRootDirectory(),
		ProgramDir: program.GetProgramDirectory(),
		Virtualenv: virtualenv,
		Toolchain:  toolchain.Pip,
	})
}

func stringOption(options map[string]any, name, fallback string) (string, error) {
	value, set := options[name]
	if !set {
		return fallback, nil
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("the runtime option `%s` must be a string", name)
	}
	return text, nil
}

// ask evaluates an expression in Python and stores its value.
func ask(ctx context.Context, python toolchain.Toolchain, imports, expression string, value any) error {
	command, err := python.Command(ctx, "-c", fmt.Sprintf("%s; import json; print(json.dumps(%s))", imports, expression))
	if err != nil {
		return err
	}
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("cannot run %s: %w", command.Path, err)
	}
	if err := json.Unmarshal(output, value); err != nil {
		return fmt.Errorf("cannot read what %s answers to %s: %w", command.Path, expression, err)
	}
	return nil
}
