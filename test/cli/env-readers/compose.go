// Reads env files by Docker Compose's own package: a JSON array of texts on stdin, for each its values or null on stdout.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := []map[string]string{}
	for _, text := range texts {
		values, err := dotenv.ParseWithLookup(strings.NewReader(text), func(string) (string, bool) { return "", false })
		if err != nil {
			values = nil
		}
		answers = append(answers, values)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
