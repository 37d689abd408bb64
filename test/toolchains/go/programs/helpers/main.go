// Reads secret references, recipes and configurations from a file, and prints what the client says to each.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	postern "postern.invalid/client"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var given struct {
		References []string                 `json:"references"`
		Recipes    []postern.PasswordRecipe `json:"recipes"`
		// Configurations are what NewClient is given.
		Configurations []struct{ Token, IntegrationName, IntegrationVersion string } `json:"configurations"`
	}
	if err := json.Unmarshal(text, &given); err != nil {
		log.Fatal(err)
	}
	said := map[string][]string{"references": {}, "recipes": {}, "configurations": {}}
	for _, reference := range given.References {
		err := postern.Secrets.ValidateSecretReference(context.Background(), reference)
		said["references"] = append(said["references"], messageOf(err, "valid"))
	}
	for _, recipe := range given.Recipes {
		made, err := postern.Secrets.GeneratePassword(context.Background(), recipe)
		said["recipes"] = append(said["recipes"], messageOf(err, made.Password))
	}
	for _, one := range given.Configurations {
		_, err := postern.NewClient(context.Background(), postern.WithServiceAccountToken(one.Token),
			postern.WithIntegrationInfo(one.IntegrationName, one.IntegrationVersion), postern.WithSocket("/none/agent.sock"))
		said["configurations"] = append(said["configurations"], wrongOf(err))
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		log.Fatal(err)
	}
}

// messageOf is the error's message, or the text where there is no error.
func messageOf(err error, text string) string {
	failed, ok := errors.AsType[*postern.Error](err)
	if ok {
		return failed.Name + ": " + failed.Message
	}
	if err != nil {
		return err.Error()
	}
	return text
}

// wrongOf is what is wrong with a configuration. It is empty where the client went on to look for the agent.
func wrongOf(err error) string {
	if wrong, ok := errors.AsType[*postern.InvalidConfigurationError](err); ok {
		return wrong.Message
	}
	if _, ok := errors.AsType[*postern.AgentNotRunningError](err); ok {
		return ""
	}
	return fmt.Sprint("unexpected: ", err)
}
