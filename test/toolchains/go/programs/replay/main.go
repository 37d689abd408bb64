// Plays every conversation of a file to the agent at a socket, and prints what each request brought.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"

	postern "postern.invalid/client"
)

type conversation struct {
	Name     string `json:"name"`
	Requests []struct {
		Method string          `json:"method"`
		Params json.RawMessage `json:"params"`
	} `json:"requests"`
}

func main() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var all []conversation
	if err := json.Unmarshal(text, &all); err != nil {
		log.Fatal(err)
	}
	outcomes := []any{}
	for _, one := range all {
		outcomes = append(outcomes, play(one)...)
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcomes); err != nil {
		log.Fatal(err)
	}
}

func play(one conversation) []any {
	ctx := context.Background()
	client, err := postern.NewClient(ctx, postern.WithDesktopAppIntegration("Ada"),
		postern.WithIntegrationInfo(one.Name, "1"), postern.WithSocket(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	var outcomes []any
	for _, request := range one.Requests {
		var result json.RawMessage
		if err := client.Call(ctx, request.Method, request.Params, &result); err != nil {
			outcomes = append(outcomes, outcomeOf(err))
		} else {
			outcomes = append(outcomes, map[string]any{"result": result})
		}
	}
	return outcomes
}

func outcomeOf(err error) any {
	failed, ok := errors.AsType[*postern.Error](err)
	if !ok {
		return map[string]any{"text": err.Error()}
	}
	return map[string]any{"errorName": failed.Name, "isOfItsClass": errors.Is(err, &postern.Error{Name: failed.Name})}
}
