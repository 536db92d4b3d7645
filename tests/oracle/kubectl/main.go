// Command kubectl renders docker configs with `kubectl create secret docker-registry`, the command itself.
//
// It reads JSON lines {"server", "username", "password", "email"} and answers each with
// {"dockerconfigjson": "<the bytes of .dockerconfigjson, in base64>"} or {"error": "..."}.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/create"
	"k8s.io/kubectl/pkg/cmd/util"
)

type request struct {
	Server   string `json:"server"`
	Username string `json:"username"`
	Password string `json:"password"`
	Email    string `json:"email"`
}

type answer struct {
	DockerConfigJSON []byte `json:"dockerconfigjson,omitempty"`
	Error            string `json:"error,omitempty"`
}

type fatal struct{ message string }

func render(factory util.Factory, r request) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(fatal)
			if !ok {
				panic(r)
			}
			a = answer{Error: f.message}
		}
	}()
	var out bytes.Buffer
	command := create.NewCmdCreateSecretDockerRegistry(factory, genericiooptions.IOStreams{
		In: &bytes.Buffer{}, Out: &out, ErrOut: &bytes.Buffer{},
	})
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs([]string{
		"pull-secret",
		"--dry-run=client",
		"--output=json",
		"--docker-server=" + r.Server,
		"--docker-username=" + r.Username,
		"--docker-password=" + r.Password,
		"--docker-email=" + r.Email,
	})
	if err := command.Execute(); err != nil {
		return answer{Error: err.Error()}
	}
	var secret corev1.Secret
	if err := json.Unmarshal(out.Bytes(), &secret); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{DockerConfigJSON: secret.Data[corev1.DockerConfigJsonKey]}
}

func main() {
	util.BehaviorOnFatal(func(message string, code int) { panic(fatal{fmt.Sprintf("exit %d: %s", code, message)}) })
	// Whatever cluster the user's kubeconfig names has no part in this.
	flags := genericclioptions.NewConfigFlags(false)
	none, server := os.DevNull, "http://localhost:1"
	flags.KubeConfig, flags.APIServer = &none, &server
	factory := util.NewFactory(flags)

	requests := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for requests.More() {
		var r request
		if err := requests.Decode(&r); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(render(factory, r)); err != nil {
			log.Fatal(err)
		}
	}
}
