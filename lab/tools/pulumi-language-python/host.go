package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/protobuf/types/known/emptypb"
)

// host answers the engine's LanguageRuntime calls. What it does not implement is answered with Unimplemented: code
// generation, project templates, linking and packing of SDKs.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	// executor is the path of pulumi-language-python-exec.
	executor string
	// engineAddress is given on the command line, or in the handshake when the engine attaches to a running host.
	engineAddress atomic.Pointer[string]
	// running ends when the host is asked to abort: every process it started ends with it.
	running context.Context
	abort   context.CancelFunc
}

func newHost(ctx context.Context, executor, engineAddress string) *host {
	h := &host{executor: executor}
	h.engineAddress.Store(&engineAddress)
	h.running, h.abort = context.WithCancel(ctx)
	return h
}

func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engineAddress.Store(&request.EngineAddress)
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: sdk.Version.String()}, nil
}

// Cancel aborts the programs and plugins that run; their calls return an error.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.abort()
	return &emptypb.Empty{}, nil
}

// whileRunning returns a context that ends with the call's own or with the host.
func (h *host) whileRunning(call context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(call)
	stop := context.AfterFunc(h.running, cancel)
	return ctx, func() { stop(); cancel() }
}

// About is asked at the start of every command. The toolchain's own answer would also run pip for its version, which takes
// longer than all else that the host does.
func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	python, err := pythonOf(request.GetInfo(), "")
	if err != nil {
		return nil, err
	}
	var about struct{ Executable, Version string }
	err = ask(ctx, python, `import platform, sys`,
		`{"executable": sys.executable, "version": platform.python_version()}`, &about)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: about.Executable, Version: about.Version}, nil
}

func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	python, err := pythonOf(request.GetInfo(), "")
	if err != nil {
		return nil, err
	}
	packages, err := python.ListPackages(ctx, request.TransitiveDependencies)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, p := range packages {
		dependency := &pulumirpc.DependencyInfo{Name: p.Name, Version: p.Version}
		response.Dependencies = append(response.Dependencies, dependency)
	}
	return response, nil
}

// InstallDependencies creates the virtual environment and installs requirements.txt into it.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	ctx, cancel := h.whileRunning(server.Context())
	defer cancel()

	defaultVirtualenv := ""
	if request.IsPlugin {
		defaultVirtualenv = pluginVirtualenv
	}
	python, err := pythonOf(request.GetInfo(), defaultVirtualenv)
	if err != nil {
		return err
	}
	streams, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, request.IsTerminal)
	if err != nil {
		return err
	}
	defer streams.Close()
	fmt.Fprint(stdout, "Installing dependencies...\n\n")
	if err := install(ctx, python, request, stdout, stderr); err != nil {
		return err
	}
	return streams.Close()
}

func install(
	ctx context.Context, python toolchain.Toolchain, request *pulumirpc.InstallDependenciesRequest,
	stdout, stderr io.Writer,
) error {
	directory := request.GetInfo().GetProgramDirectory()
	const showOutput = true
	err := python.InstallDependencies(ctx, directory, request.UseLanguageVersionTools, showOutput, stdout, stderr)
	if err != nil || !request.IsPlugin {
		return err
	}
	// A plugin that is itself a Python package is imported by its name.
	buildable, err := toolchain.IsBuildablePackage(directory)
	if err != nil || !buildable {
		return err
	}
	return python.InstallPackage(ctx, directory, request.UseLanguageVersionTools, showOutput, stdout, stderr)
}
