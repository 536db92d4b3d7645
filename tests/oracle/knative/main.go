// Command knative answers which credential Knative's controller would present to resolve an image's tag, with the
// code that the controller calls.
//
// It reads JSON lines {"secrets": ["<docker config>", ...], "image": "..."} and answers each with the "knative"
// half of what `kpr match` prints.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	kauth "github.com/google/go-containerregistry/pkg/authn/kubernetes"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"
)

// Go starts to walk a small map at one of eight places, so that the rarest choice has a chance of one in eight or
// more. After 200 walks the chance that it was never seen is below 3e-12.
const repeats = 200

type request struct {
	Secrets []string `json:"secrets"`
	Image   string   `json:"image"`
}

type answer struct {
	Result     string   `json:"result"`
	Usernames  []string `json:"usernames"`
	Repository string   `json:"repository"`
}

// parse reads an image as digestResolver.Resolve of knative.dev/serving/pkg/reconciler/revision/resolve.go does.
func parse(image string) (name.Repository, error) {
	if digest, err := name.NewDigest(image, name.WeakValidation); err == nil {
		return digest.Context(), nil
	}
	tag, err := name.NewTag(image, name.WeakValidation)
	if err != nil {
		return name.Repository{}, err
	}
	return tag.Context(), nil
}

// mayVary is true when two entries might share a key, and the choice between them be random.
func mayVary(secrets []string) bool {
	places := map[string]bool{}
	for _, secret := range secrets {
		var config struct{ Auths map[string]authn.AuthConfig }
		if len(secret) > 0 && json.Unmarshal([]byte(secret), &config) != nil {
			return false
		}
		for server := range config.Auths {
			p := place(server)
			if places[p] {
				return true
			}
			places[p] = true
		}
	}
	return false
}

// place is the same for any two servers that share a key, and for some others.
func place(server string) string {
	if !strings.HasPrefix(server, "https://") && !strings.HasPrefix(server, "http://") {
		server = "https://" + server
	}
	parsed, err := url.Parse(server)
	if err != nil {
		return "none: the whole keychain fails"
	}
	path := strings.TrimPrefix(strings.TrimPrefix(parsed.Path, "/v1"), "/v2")
	return parsed.Host + " " + strings.Trim(path, "/")
}

func match(r request) answer {
	var pullSecrets []corev1.Secret
	for _, s := range r.Secrets {
		pullSecrets = append(pullSecrets, corev1.Secret{
			Type: corev1.SecretTypeDockerConfigJson,
			Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(s)},
		})
	}
	times := 1
	if mayVary(r.Secrets) {
		times = repeats
	}
	// The webhook has refused such an image before the controller sees it.
	repository, err := parse(r.Image)
	if err != nil {
		return answer{Result: "invalid-image", Usernames: []string{}}
	}
	chosen := map[authn.AuthConfig]bool{}
	for range times {
		// The controller builds the keychain before it reads the image, digest or not.
		keychain, err := kauth.NewFromPullSecrets(context.Background(), pullSecrets)
		if err != nil {
			return answer{Result: "keychain-error", Usernames: []string{}, Repository: repository.String()}
		}
		authenticator, err := keychain.Resolve(repository)
		if err != nil {
			log.Fatal(err)
		}
		if authenticator == authn.Anonymous {
			continue
		}
		config, err := authenticator.Authorization()
		if err != nil {
			log.Fatal(err)
		}
		chosen[*config] = true
	}
	usernames := []string{}
	for config := range chosen {
		if config.IdentityToken != "" {
			usernames = append(usernames, "<token>")
		} else {
			// As the JSON encoder will write it, so that the order is that of what is read.
			usernames = append(usernames, string([]rune(config.Username)))
		}
	}
	slices.Sort(usernames)
	a := answer{Result: "credential", Usernames: slices.Compact(usernames), Repository: repository.String()}
	switch {
	case len(chosen) == 0:
		a.Result = "anonymous"
	case len(chosen) > 1:
		a.Result = "ambiguous"
	}
	return a
}

func main() {
	requests := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for requests.More() {
		var r request
		if err := requests.Decode(&r); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(match(r)); err != nil {
			log.Fatal(err)
		}
	}
}
