// Reads env files by Docker's own packages: `compose` as Docker Compose does, `docker` as `docker run --env-file` does. A
// JSON array of texts comes on stdin; for each its values, or null where the file is refused, go to stdout.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/docker/cli/pkg/kvfile"
)

func unset(string) (string, bool) { return "", false }

func compose(text string) (map[string]string, error) {
	return dotenv.ParseWithLookup(strings.NewReader(text), unset)
}

func docker(text string) (map[string]string, error) {
	lines, err := kvfile.ParseFromReader(strings.NewReader(text), unset)
	values := map[string]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		values[name] = value
	}
	return values, err
}

func main() {
	read := map[string]func(string) (map[string]string, error){"compose": compose, "docker": docker}[os.Args[1]]
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := []map[string]string{}
	for _, text := range texts {
		values, err := read(text)
		if err != nil {
			values = nil
		}
		answers = append(answers, values)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
