package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// RunPlugin runs a provider or policy pack written in Python and streams its output until it ends.
func (h *host) RunPlugin(
	request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	ctx, cancel := h.whileRunning(server.Context())
	defer cancel()

	if request.AttachDebugger {
		return errors.New("this language host cannot attach a debugger; install Pulumi's own language host")
	}
	python, err := pythonOf(request.GetInfo(), pluginVirtualenv)
	if err != nil {
		return err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return err
	}
	command, err := pluginCommand(ctx, python, request)
	if err != nil {
		return err
	}
	streams, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer streams.Close()
	command.Dir = request.Pwd
	command.Stdout, command.Stderr = stdout, stderr
	endGently(command)

	err = command.Run()
	if ctx.Err() != nil {
		return errStopped
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("cannot start the plugin: %w", err)
	}
	return server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(command.ProcessState.ExitCode())},
	})
}

// pluginCommand runs the folder when it has a __main__.py, otherwise the Python package that its pyproject.toml names.
func pluginCommand(
	ctx context.Context, python toolchain.Toolchain, request *pulumirpc.RunPluginRequest,
) (*exec.Cmd, error) {
	directory := request.GetInfo().GetProgramDirectory()
	program, err := pluginProgram(directory)
	if err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, append(append([]string{"-u"}, program...), request.Args...)...)
	if err != nil {
		return nil, err
	}
	if len(request.Env) > 0 {
		virtualenv, err := python.VirtualEnvPath(ctx)
		if err != nil {
			return nil, err
		}
		// The engine sends the whole environment, not additions to the host's.
		command.Env = toolchain.ActivateVirtualEnv(request.Env, virtualenv)
	}
	return command, nil
}

func pluginProgram(directory string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(directory, "__main__.py")); err == nil {
		return []string{directory}, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	buildable, err := toolchain.IsBuildablePackage(directory)
	if err != nil {
		return nil, err
	}
	if !buildable {
		return nil, fmt.Errorf("%s is not a plugin: it has neither a __main__.py nor a pyproject.toml with a build system",
			directory)
	}
	project, err := toolchain.LoadPyproject(directory)
	if err != nil {
		return nil, err
	}
	return []string{"-m", "pulumi.run.plugin", project.Project.Name}, nil
}
