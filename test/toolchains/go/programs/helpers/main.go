// Reads secret references and recipes from a file, and prints what the static helpers say to each.
package main

import (
	"context"
	"encoding/json"
	"errors"
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
	}
	if err := json.Unmarshal(text, &given); err != nil {
		log.Fatal(err)
	}
	said := map[string][]string{"references": {}, "recipes": {}}
	for _, reference := range given.References {
		err := postern.Secrets.ValidateSecretReference(context.Background(), reference)
		said["references"] = append(said["references"], messageOf(err, "valid"))
	}
	for _, recipe := range given.Recipes {
		made, err := postern.Secrets.GeneratePassword(context.Background(), recipe)
		said["recipes"] = append(said["recipes"], messageOf(err, made.Password))
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
