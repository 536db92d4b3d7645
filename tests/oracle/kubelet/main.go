// Command kubelet answers which credentials the kubelet would try for an image, with the kubelet's own code.
//
// It reads JSON lines {"secrets": ["<docker config>", ...], "image": "..."} and answers each with the "kubelet"
// half of what `kpr match` prints. "orders" is added when Go's random map order can change the order of the
// credentials: it holds every order that was seen.
package main

import (
	"encoding/json"
	"log"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
	"k8s.io/kubernetes/pkg/util/parsers"
)

// Go starts to walk a small map at one of eight places, so that the rarest order has a chance of one in eight or
// more. After 200 walks the chance that it was never seen is below 3e-12.
const repeats = 200

type request struct {
	Secrets []string `json:"secrets"`
	Image   string   `json:"image"`
}

type answer struct {
	Result     string     `json:"result"`
	Usernames  []string   `json:"usernames"`
	Repository string     `json:"repository"`
	Ignored    []string   `json:"ignored"`
	Orders     [][]string `json:"orders,omitempty"`
}

// ignoredKeys collects the keys that the keyring logs and leaves out.
type ignoredKeys struct{ keys []string }

func (i *ignoredKeys) Init(logr.RuntimeInfo)          {}
func (i *ignoredKeys) Enabled(int) bool               { return true }
func (i *ignoredKeys) Info(int, string, ...any)       {}
func (i *ignoredKeys) WithValues(...any) logr.LogSink { return i }
func (i *ignoredKeys) WithName(string) logr.LogSink   { return i }
func (i *ignoredKeys) Error(_ error, msg string, _ ...any) {
	quoted, err := strconv.QuotedPrefix(strings.TrimPrefix(msg, "Entry "))
	if err != nil {
		log.Fatalf("not the message of an ignored entry: %s", msg)
	}
	key, err := strconv.Unquote(quoted)
	if err != nil {
		log.Fatal(err)
	}
	if !slices.Contains(i.keys, key) {
		i.keys = append(i.keys, key)
	}
}

// makeLookupPullCredentialsFunc of pkg/kubelet/images/image_manager.go, without credential provider plugins and
// with a node that has no credentials of its own.
func lookup(pullSecrets []corev1.Secret, repository string) ([]string, error) {
	keyring, err := secrets.MakeDockerKeyring(pullSecrets, &credentialprovider.BasicDockerKeyring{})
	if err != nil {
		return nil, err
	}
	credentials, _ := keyring.Lookup(repository)
	usernames := []string{}
	for _, c := range credentials {
		usernames = append(usernames, c.Username)
	}
	return usernames, nil
}

// mayVary is true when two entries of one Secret might share a key: only their order is random.
func mayVary(secret string) bool {
	config := credentialprovider.DockerConfigJSON{}
	if json.Unmarshal([]byte(secret), &config) != nil {
		return false
	}
	places := map[string]bool{}
	for server := range config.Auths {
		p := place(server)
		if places[p] {
			return true
		}
		places[p] = true
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
		return "none: left out"
	}
	path := strings.TrimPrefix(strings.TrimPrefix(parsed.Path, "/v1"), "/v2")
	return parsed.Host + " " + strings.Trim(path, "/")
}

func match(r request, ignored *ignoredKeys) answer {
	// EnsureImageExists refuses an image name before it looks at credentials.
	repository, _, _, err := parsers.ParseImageName(r.Image)
	if err != nil {
		return answer{Result: "invalid-image", Usernames: []string{}, Ignored: []string{}}
	}
	var pullSecrets []corev1.Secret
	for _, s := range r.Secrets {
		pullSecrets = append(pullSecrets, corev1.Secret{
			Type: corev1.SecretTypeDockerConfigJson,
			Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(s)},
		})
	}
	ignored.keys = []string{}
	usernames, err := lookup(pullSecrets, repository)
	if err != nil {
		return answer{Result: "keyring-error", Usernames: []string{}, Repository: repository, Ignored: []string{}}
	}
	a := answer{Result: "credential", Usernames: usernames, Repository: repository}
	if len(usernames) == 0 {
		a.Result = "anonymous"
	}
	if len(slices.Compact(slices.Sorted(slices.Values(usernames)))) > 1 && slices.ContainsFunc(r.Secrets, mayVary) {
		a.Orders = [][]string{usernames}
		for range repeats {
			order, err := lookup(pullSecrets, repository)
			if err != nil {
				log.Fatal(err)
			}
			if !slices.ContainsFunc(a.Orders, func(seen []string) bool { return slices.Equal(seen, order) }) {
				a.Orders = append(a.Orders, order)
			}
		}
		slices.SortFunc(a.Orders, slices.Compare[[]string])
		a.Usernames = a.Orders[0]
		if len(a.Orders) == 1 {
			a.Orders = nil
		}
	}
	slices.Sort(ignored.keys)
	a.Ignored = ignored.keys
	return a
}

func main() {
	ignored := &ignoredKeys{}
	klog.SetLogger(logr.New(ignored))
	requests := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for requests.More() {
		var r request
		if err := requests.Decode(&r); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(match(r, ignored)); err != nil {
			log.Fatal(err)
		}
	}
}
